import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, CircleX, Minus, UserRoundCog } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { type Role, useApi } from '../../app/session';
import { admin } from '../../text/en/admin';
import {
  Badge,
  Button,
  Checkbox,
  type Column,
  Combobox,
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
import { roleName } from './people';
import { faultOf, ProblemAlert, type Row, SignDialog } from './sign';

const words = admin.rights;
type CustomRole = Schemas['CustomRoleView'];
type Answer = Schemas['CheckAnswer'];

const BASES = ['customer', 'manager', 'auditor_clerk', 'system_admin'] as const;
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

/** Everybody whose name or address has what was typed: the bank searches. */
export function PersonPicker({
  value,
  onChange,
  label,
  placeholder,
}: {
  value: string | null;
  onChange: (user: string | null) => void;
  label: string;
  placeholder: string;
}) {
  const api = useApi();
  const [typed, setTyped] = useState('');
  const found = useQuery({
    queryKey: ['people', 'pick', typed],
    queryFn: () =>
      ok(
        api.GET('/api/admin/users', {
          params: { query: { limit: 20, ...(typed ? { search: typed } : {}) } },
        }),
      ),
    placeholderData: (before) => before,
  });
  const chosen = useQuery({
    queryKey: ['profile', value],
    enabled: value !== null,
    queryFn: () => ok(api.GET('/api/users/{id}/profile', { params: { path: { id: value ?? '' } } })),
  });
  const options = (found.data?.items ?? []).map((person) => ({
    value: person.user_id,
    label: person.name,
    about: `${roleName(person.role)}, ${person.email}`,
  }));
  if (value && chosen.data && !options.some((option) => option.value === value))
    options.push({
      value,
      label: chosen.data.name,
      about: `${roleName(chosen.data.role)}, ${chosen.data.email}`,
    });
  return (
    <Field label={label}>
      <Combobox
        options={options}
        value={value}
        onChange={onChange}
        onSearch={(text) => {
          // What stands there after a choice is no search for it.
          if (!options.some((option) => option.label === text)) setTyped(text.trim());
        }}
        busy={found.isFetching}
        placeholder={placeholder}
      />
    </Field>
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
            placeholder={words.personSearch}
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
            <Field label={words.permissionOf} error={faultOf(ask.error, 'permission') ?? null}>
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
              <Field label={words.path} error={faultOf(ask.error, 'path', 'method') ?? null}>
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
  const client = useQueryClient();
  const [editing, setEditing] = useState<CustomRole | 'new' | null>(null);
  const [ending, setEnding] = useState<CustomRole | null>(null);
  const last = useRef(ending);
  if (ending) last.current = ending;
  const roles = useQuery({ queryKey: ['custom-roles'], queryFn: () => ok(api.GET('/api/admin/roles')) });
  const fresh = () => void client.invalidateQueries({ queryKey: ['custom-roles'] });
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
  const role = ending ?? last.current;
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
      <Define
        key={editing === 'new' ? 'new' : editing?.name}
        role={editing}
        onClose={() => setEditing(null)}
        onSettled={fresh}
      />
      <SignDialog
        open={ending !== null}
        onClose={() => setEnding(null)}
        title={words.end}
        danger
        sign={words.endSign}
        prepare={({ wish }) =>
          wish('role.define', {
            name: role?.name ?? '',
            base: (role?.base ?? 'customer') as Role,
            permissions: role?.permissions ?? [],
            active: false,
          })
        }
        rows={(intent) => [...defineRows(intent), [admin.people.whatHappens, words.endAbout]]}
        done={() => words.ended(role?.name ?? '')}
        onSettled={fresh}
      />
    </Section>
  );
}

const defineRows = (intent: import('../../bank').Intent): Row[] =>
  intent.kind === 'role.define'
    ? [
        [words.name, <code key="name">{intent.body.name}</code>],
        [words.base, roleName(intent.body.base)],
        [words.permissions, intent.body.permissions.join(', ') || admin.none],
        [words.state, intent.body.active ? words.activeState : words.endedState],
      ]
    : [];

function Define({
  role,
  onClose,
  onSettled,
}: {
  role: CustomRole | 'new' | null;
  onClose: () => void;
  onSettled: () => void;
}) {
  const api = useApi();
  const known = role === 'new' || role === null ? null : role;
  const [name, setName] = useState(known?.name ?? '');
  const [base, setBase] = useState<Role>((known?.base as Role | undefined) ?? 'manager');
  const [chosen, setChosen] = useState<readonly string[]>(known?.permissions ?? []);
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => ok(api.GET('/api/rbac/roles')) });
  const offered = roles.data?.items.find((one) => one.built_in && one.name === base)?.permissions ?? [];
  const permissions = offered.filter((permission) => chosen.includes(permission)).sort();
  return (
    <SignDialog
      open={role !== null}
      onClose={onClose}
      title={known ? `${words.edit}: ${known.name}` : words.define}
      sign={words.defineSign}
      ready={/^[a-z0-9_]{1,40}$/.test(name)}
      prepare={({ wish }) => wish('role.define', { name, base, permissions, active: true })}
      form={(problem) => (
        <>
          {!known && (
            <>
              <Field
                label={words.name}
                hint={words.nameHint}
                error={faultOf(problem, 'name') ?? null}
                required
              >
                <Input
                  value={name}
                  maxLength={40}
                  onChange={(event) => setName(event.target.value.toLowerCase())}
                />
              </Field>
              <Field label={words.base} error={faultOf(problem, 'base') ?? null}>
                <Select
                  value={base}
                  onChange={(next) => setBase(next as Role)}
                  options={BASES.map((value) => ({ value, label: roleName(value) }))}
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
      rows={defineRows}
      done={() => words.defined(name)}
      onSettled={onSettled}
    />
  );
}
