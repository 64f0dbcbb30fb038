import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleX, Minus, UserRoundCog } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { useListSearch } from '../../app/search';
import { type Role, useApi } from '../../app/session';
import { wish } from '../../bank';
import { admin } from '../../text/en/admin';
import {
  Badge,
  Button,
  Checkbox,
  type Column,
  EmptyState,
  Field,
  Input,
  Page,
  RadioCards,
  Section,
  Select,
  Table,
  Tabs,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { roleName } from '../staff/people';
import { ALL_ROLES } from '../staff/people-list';
import { PersonPicker } from '../staff/pickers';

const words = admin.rights;
type CustomRole = Schemas['CustomRoleView'];
type Answer = Schemas['CheckAnswer'];

const METHODS = ['GET', 'POST', 'DELETE'] as const;

export function Rights() {
  const { search, set } = useListSearch();
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'why'}
        onChange={(tab) => set({ tab: tab === 'why' ? undefined : tab })}
        tabs={[
          { id: 'why', label: words.why, panel: <Why /> },
          { id: 'matrix', label: words.matrix, panel: <Matrix /> },
          { id: 'custom', label: words.custom, panel: <CustomRoles /> },
        ]}
      />
    </Page>
  );
}

function Why() {
  const api = useApi();
  const { search, set } = useListSearch();
  const person = search['person'] ?? null;
  const [by, setBy] = useState<'permission' | 'route'>('permission');
  const [permission, setPermission] = useState<string | null>(search['permission'] ?? null);
  const [method, setMethod] = useState<string>('GET');
  const [path, setPath] = useState('');
  const permissions = useQuery({
    queryKey: ['permissions'],
    queryFn: () => ok(api.GET('/api/rbac/permissions')),
  });
  const ask = useMutation({
    mutationFn: () =>
      ok(
        api.POST('/api/rbac/check', {
          body: {
            ...(person ? { user_id: person } : {}),
            ...(by === 'permission' ? { permission } : { method, path: path.trim() }),
          },
        }),
      ),
  });
  const isReady = person !== null && (by === 'permission' ? permission !== null : path.trim() !== '');
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Section title={words.why} about={words.whyAbout}>
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) ask.mutate();
          }}
        >
          <PersonPicker
            label={words.person}
            value={person}
            onChange={(user) => {
              ask.reset();
              set({ person: user ?? undefined });
            }}
          />
          <RadioCards
            name="by"
            legend={words.what}
            value={by}
            onChange={(next) => {
              ask.reset();
              setBy(next);
            }}
            options={[
              { value: 'permission', label: words.permission },
              { value: 'route', label: words.route },
            ]}
          />
          {by === 'permission' ? (
            <Field label={words.permissionOf} error={fieldError(ask.error, 'permission')}>
              <Select
                value={permission}
                onChange={(next) => {
                  ask.reset();
                  setPermission(next);
                }}
                options={(permissions.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
              />
            </Field>
          ) : (
            <div className="grid gap-4 sm:grid-cols-[8rem_1fr]">
              <Field label={words.method}>
                <Select
                  value={method}
                  onChange={setMethod}
                  options={METHODS.map((value) => ({ value, label: value }))}
                />
              </Field>
              <Field label={words.path} error={fieldError(ask.error, 'path', 'method')}>
                <Input
                  value={path}
                  placeholder="/api/accounts"
                  onChange={(event) => {
                    ask.reset();
                    setPath(event.target.value);
                  }}
                />
              </Field>
            </div>
          )}
          {ask.isError && <ProblemAlert error={ask.error} />}
          <div>
            <Button type="submit" tone="primary" busy={ask.isPending} disabled={!isReady}>
              {words.ask}
            </Button>
          </div>
        </form>
      </Section>
      <div aria-live="polite">{ask.data && <Because answer={ask.data} />}</div>
    </div>
  );
}

/** The bank's answer, as sentences: each one is a fact that it looked at. */
function Because({ answer }: { answer: Answer }) {
  const { because, access } = answer;
  const says = words.sentences;
  const role = roleName(because.role);
  const rows: { good: boolean; text: string; leaf?: string | null | undefined }[] = [];
  if (access === 'open') rows.push({ good: true, text: says.open });
  if (access === 'self') rows.push({ good: true, text: says.self });
  if (access === 'own') rows.push({ good: true, text: says.own });
  if (access === 'signs') rows.push({ good: true, text: says.signs });
  if (answer.permission) {
    rows.push(
      because.role_holds
        ? { good: true, text: says.roleHolds(role), leaf: because.role_leaf }
        : { good: false, text: says.roleLacks(role), leaf: because.role_leaf },
    );
    if (because.basic) rows.push({ good: true, text: says.basic });
    else if (because.grants.length === 0) rows.push({ good: true, text: says.noGrants });
    for (const grant of because.grants)
      rows.push({
        good: grant.active && grant.holds,
        text: !grant.active
          ? says.grantInactive(grant.role)
          : grant.holds
            ? says.grantHolds(grant.role)
            : says.grantLacks(grant.role),
        leaf: grant.leaf,
      });
  }
  if (answer.assurance) rows.push({ good: true, text: says.assurance(answer.assurance) });
  return (
    <Section
      title={
        <Badge mood={answer.allowed ? 'good' : 'bad'}>{answer.allowed ? words.may : words.mayNot}</Badge>
      }
    >
      <p className="font-medium text-pretty">{answer.why}</p>
      <h3 className="mt-4 mb-2 text-sm font-medium text-ink-3">{words.because}</h3>
      <ul className="grid gap-3">
        {rows.map((row) => (
          <li key={row.text} className="flex items-start gap-3">
            {row.good ? (
              <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
            ) : (
              <CircleX aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
            )}
            <span>
              {row.text}
              {row.leaf && <span className="block text-sm text-ink-3">{says.leaf(row.leaf)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Matrix() {
  const api = useApi();
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => ok(api.GET('/api/rbac/roles')) });
  const permissions = useQuery({
    queryKey: ['permissions'],
    queryFn: () => ok(api.GET('/api/rbac/permissions')),
  });
  const failed = roles.error ?? permissions.error;
  const built = roles.data?.items.filter((role) => role.built_in) ?? [];
  const columns: Column<{ name: string }>[] = [
    { id: 'permission', header: words.permissionOf, cell: ({ name }) => <code>{name}</code> },
    ...built.map((role) => ({
      id: role.name,
      header: roleName(role.name),
      cell: ({ name }: { name: string }) => <Holds holds={role.permissions.includes(name)} />,
    })),
  ];
  return (
    <Section flush>
      <Table
        label={words.matrix}
        dense
        columns={columns}
        rows={roles.data && permissions.data?.items}
        rowKey={({ name }) => name}
        error={
          failed
            ? {
                ...told(failed),
                onRetry: () => {
                  void roles.refetch();
                  void permissions.refetch();
                },
              }
            : null
        }
        empty={<EmptyState title={admin.none} />}
      />
    </Section>
  );
}

const Holds = ({ holds }: { holds: boolean }) => (
  <>
    {holds ? (
      <CircleCheck aria-hidden className="size-4 text-good" />
    ) : (
      <Minus aria-hidden className="size-4 text-ink-3 opacity-50" />
    )}
    <span className="sr-only">{holds ? words.holds : words.lacks}</span>
  </>
);

function CustomRoles() {
  const api = useApi();
  const [editing, setEditing] = useState<CustomRole | 'new'>();
  const [ending, setEnding] = useState<CustomRole>();
  const roles = useQuery({ queryKey: ['custom-roles'], queryFn: () => ok(api.GET('/api/admin/roles')) });
  const define = (
    <Button tone="primary" onClick={() => setEditing('new')}>
      {words.define}
    </Button>
  );
  const columns: Column<CustomRole>[] = [
    { id: 'name', header: words.name, cell: (role) => <code className="figures">{role.name}</code> },
    { id: 'base', header: words.base, cell: (role) => roleName(role.base) },
    {
      id: 'permissions',
      header: words.permissions,
      cell: (role) => <span className="text-sm text-ink-2">{role.permissions.join(', ') || admin.none}</span>,
    },
    { id: 'holders', header: words.holders, cell: (role) => words.holdersCount(role.holders.length) },
    {
      id: 'state',
      header: words.state,
      cell: (role) => (
        <Badge mood={role.active ? 'good' : 'neutral'}>
          {role.active ? words.activeState : words.endedState}
        </Badge>
      ),
    },
    {
      id: 'changed',
      header: words.changed,
      wideOnly: true,
      cell: (role) => <Timestamp at={role.changed_at} />,
    },
    {
      id: 'do',
      header: <span className="sr-only">{words.edit}</span>,
      align: 'right',
      cell: (role) => (
        <span className="inline-flex gap-1">
          <Button size="sm" tone="quiet" onClick={() => setEditing(role)}>
            {words.edit}
          </Button>
          {role.active && (
            <Button size="sm" tone="quiet" onClick={() => setEnding(role)}>
              {words.end}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <Section flush title={words.custom} actions={(roles.data?.items.length ?? 0) > 0 && define}>
      <Table
        label={words.custom}
        dense
        columns={columns}
        rows={roles.data?.items}
        rowKey={(one) => one.name}
        error={roles.isError ? { ...told(roles.error), onRetry: () => void roles.refetch() } : null}
        empty={
          <EmptyState icon={<UserRoundCog aria-hidden />} title={words.noCustom} action={define}>
            {words.noCustomAbout}
          </EmptyState>
        }
      />
      {editing && (
        <Define role={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
      {ending && (
        <SignDialog
          title={words.end}
          about={words.endAbout}
          danger
          action={words.endSign}
          prepare={() =>
            wish('role.define', {
              name: ending.name,
              base: ending.base as Role,
              permissions: ending.permissions,
              active: false,
            })
          }
          done={() => words.ended(ending.name)}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Section>
  );
}

function Define({ role: known, onClose }: { role: CustomRole | undefined; onClose: () => void }) {
  const api = useApi();
  const [name, setName] = useState(known?.name ?? '');
  const [base, setBase] = useState<Role>((known?.base as Role | undefined) ?? 'manager');
  const [chosen, setChosen] = useState<readonly string[]>(known?.permissions ?? []);
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => ok(api.GET('/api/rbac/roles')) });
  const offered = roles.data?.items.find((one) => one.built_in && one.name === base)?.permissions ?? [];
  const permissions = offered.filter((permission) => chosen.includes(permission)).sort();
  return (
    <SignDialog
      onClose={onClose}
      title={known ? `${words.edit}: ${known.name}` : words.define}
      action={words.defineSign}
      ready={/^[a-z0-9_]{1,40}$/.test(name)}
      prepare={() => wish('role.define', { name, base, permissions, active: true })}
      form={(problem) => (
        <>
          {!known && (
            <>
              <Field label={words.name} hint={words.nameHint} error={fieldError(problem, 'name')} required>
                <Input
                  value={name}
                  maxLength={40}
                  onChange={(event) => setName(event.target.value.toLowerCase())}
                />
              </Field>
              <Field label={words.base} error={fieldError(problem, 'base')}>
                <Select
                  value={base}
                  onChange={(next) => setBase(next as Role)}
                  options={ALL_ROLES.map((value) => ({ value, label: roleName(value) }))}
                />
              </Field>
            </>
          )}
          <fieldset>
            <legend className="text-sm font-medium">{words.permissions}</legend>
            <p className="mb-2 text-sm text-ink-3">{words.permissionsHint}</p>
            <div className="grid gap-1.5 sm:grid-cols-2">
              {offered.map((permission) => (
                <Checkbox
                  key={permission}
                  label={<code className="text-sm">{permission}</code>}
                  checked={chosen.includes(permission)}
                  onChange={(event) =>
                    setChosen(
                      event.target.checked
                        ? [...chosen, permission]
                        : chosen.filter((one) => one !== permission),
                    )
                  }
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
      done={() => words.defined(name)}
    />
  );
}
