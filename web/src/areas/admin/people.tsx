import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MailPlus, UserSearch } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { type library, type Role, useApi, useSignedIn } from '../../app/session';
import { admin } from '../../text/en/admin';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  type Column,
  CopyButton,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  Hash,
  Input,
  type Mood,
  Page,
  Pagination,
  RadioCards,
  Section,
  Select,
  SkeletonLines,
  Table,
  Tabs,
  Textarea,
  Timestamp,
} from '../../ui';
import { faultOf, type Row, SignDialog } from './sign';

const words = admin.people;
type Person = Schemas['PersonView'];
type Invitation = Schemas['InvitationView'];

const ROLES = ['customer', 'manager', 'auditor_clerk', 'system_admin'] as const;
const STATE_MOODS: Record<string, Mood> = { active: 'good', registered: 'neutral', locked: 'bad' };
const INVITATION_MOODS: Record<string, Mood> = {
  'waiting-for-approval': 'warn',
  open: 'accent',
  redeemed: 'good',
  expired: 'neutral',
};
const LIMIT = 50;

export const roleName = (role: string): string => admin.roles[role] ?? role;

const stateOf = (person: Person): string => (person.locked ? 'locked' : person.status);

const State = ({ state }: { state: string }) => (
  <Badge mood={STATE_MOODS[state] ?? 'neutral'}>{words.states[state] ?? state}</Badge>
);

export function People() {
  const { search, set } = useListSearch();
  const [inviting, setInviting] = useState(false);
  const mayInvite = useAllowed()?.has('POST /api/admin/users/invite');
  return (
    <Page
      title={words.title}
      about={words.about}
      width="wide"
      actions={
        mayInvite && (
          <Button
            tone="primary"
            icon={<MailPlus aria-hidden className="size-4" />}
            onClick={() => setInviting(true)}
          >
            {words.invite}
          </Button>
        )
      }
    >
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'people'}
        onChange={(tab) => set({ tab: tab === 'people' ? undefined : tab })}
        tabs={[
          { id: 'people', label: words.all, panel: <PeopleList /> },
          { id: 'invitations', label: words.invitations, panel: <Invitations /> },
        ]}
      />
      <Invite open={inviting} onClose={() => setInviting(false)} />
    </Page>
  );
}

function PeopleList() {
  const api = useApi();
  const { search, set, pages } = useListSearch();
  const [typed, setTyped] = useState(search['search'] ?? '');
  const query = {
    limit: LIMIT,
    ...(search['search'] ? { search: search['search'] } : {}),
    ...(search['role'] ? { role: search['role'] } : {}),
    ...(search['cursor'] ? { cursor: search['cursor'] } : {}),
  };
  const people = useQuery({
    queryKey: ['people', query],
    queryFn: () => ok(api.GET('/api/admin/users', { params: { query } })),
  });
  const open = people.data?.items.find((person) => person.user_id === search['person']);
  const columns: Column<Person>[] = [
    { id: 'name', header: words.name, cell: (person) => person.name },
    {
      id: 'email',
      header: words.email,
      cell: (person) => <span className="text-ink-2">{person.email}</span>,
    },
    { id: 'role', header: words.role, cell: (person) => roleName(person.role) },
    {
      id: 'roles',
      header: words.narrowedBy,
      wideOnly: true,
      cell: (person) => (person.roles.length > 0 ? person.roles.join(', ') : admin.none),
    },
    { id: 'state', header: words.state, cell: (person) => <State state={stateOf(person)} /> },
    {
      id: 'since',
      header: words.since,
      wideOnly: true,
      align: 'right',
      cell: (person) => <Timestamp at={person.registered_at} precision="day" />,
    },
  ];
  const isFiltered = Boolean(search['search'] || search['role']);
  return (
    <Section flush>
      <search>
        <div className="grid gap-3 border-b border-line px-4 py-3 sm:grid-cols-[minmax(0,22rem)_12rem]">
          <Field label={words.search}>
            <Input
              type="search"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onBlur={() => set({ search: typed.trim() || undefined })}
              onKeyDown={(event) => {
                if (event.key === 'Enter') set({ search: typed.trim() || undefined });
              }}
            />
          </Field>
          <Field label={words.role}>
            <Select
              value={search['role'] ?? ''}
              onChange={(role) => set({ role: role || undefined })}
              options={[
                { value: '', label: admin.anyRole },
                ...ROLES.map((role) => ({ value: role, label: roleName(role) })),
              ]}
            />
          </Field>
        </div>
      </search>
      <Table
        label={words.title}
        dense
        columns={columns}
        rows={people.data?.items}
        rowKey={(person) => person.user_id}
        selected={open?.user_id}
        onOpen={(person) => set({ cursor: search['cursor'], person: person.user_id })}
        error={people.isError ? { ...told(people.error), onRetry: () => void people.refetch() } : null}
        empty={
          <EmptyState
            icon={<UserSearch aria-hidden />}
            title={words.nobody}
            action={
              isFiltered && (
                <Button
                  onClick={() => {
                    setTyped('');
                    set({ search: undefined, role: undefined });
                  }}
                >
                  {words.clear}
                </Button>
              )
            }
          >
            {words.nobodyAbout}
          </EmptyState>
        }
        pagination={<Pagination {...pages(people.data?.next)} shown={people.data?.items.length} />}
      />
      <PersonDrawer person={open} onClose={() => set({ cursor: search['cursor'], person: undefined })} />
    </Section>
  );
}

type Deed = { kind: 'lock' } | { kind: 'grant' } | { kind: 'lift'; role: string };

function PersonDrawer({ person, onClose }: { person: Person | undefined; onClose: () => void }) {
  const { userId } = useSignedIn();
  const [deed, setDeed] = useState<Deed | null>(null);
  // What closes still shows whom it was about.
  const last = useRef(person);
  if (person) last.current = person;
  const shown = person ?? last.current;
  if (!shown) return null;
  const state = stateOf(shown);
  return (
    <>
      <Drawer
        open={person !== undefined}
        onOpenChange={(next) => !next && onClose()}
        title={shown.name}
        description={shown.email}
        actions={
          <>
            {shown.user_id !== userId && (
              <Button tone={shown.locked ? 'primary' : 'danger'} onClick={() => setDeed({ kind: 'lock' })}>
                {shown.locked ? words.unlock : words.lock}
              </Button>
            )}
            <Link
              to="/admin/roles"
              search={{ person: shown.user_id } as never}
              className={buttonClass('secondary')}
            >
              {words.why}
            </Link>
          </>
        }
      >
        <Facts
          items={[
            [words.state, <State key="state" state={state} />],
            [words.role, roleName(shown.role)],
            [words.id, <Hash key="id" value={shown.user_id} />],
            [words.registered, <Timestamp key="at" at={shown.registered_at} />],
          ]}
        />
        {shown.user_id === userId && <p className="mt-2 text-sm text-ink-3">{words.ownAccount}</p>}
        <h3 className="mt-6 mb-1 font-semibold">{words.rights}</h3>
        <p className="text-sm text-ink-2">
          {shown.roles.length === 0 ? words.fullRole(roleName(shown.role)) : words.narrowed}
        </p>
        {shown.roles.length > 0 && (
          <ul className="mt-2 divide-y divide-line rounded-lg border border-line">
            {shown.roles.map((role) => (
              <li key={role} className="flex items-center justify-between gap-3 px-3.5 py-2">
                <code className="figures">{role}</code>
                <Button size="sm" onClick={() => setDeed({ kind: 'lift', role })}>
                  {words.revokeRole}
                </Button>
              </li>
            ))}
          </ul>
        )}
        <Button className="mt-3" size="sm" onClick={() => setDeed({ kind: 'grant' })}>
          {words.grant}
        </Button>
        <h3 className="mt-6 mb-1 font-semibold">{words.keys}</h3>
        <Keys user={shown.user_id} />
      </Drawer>
      <Lock person={shown} open={deed?.kind === 'lock'} onClose={() => setDeed(null)} />
      <Grant person={shown} open={deed?.kind === 'grant'} onClose={() => setDeed(null)} />
      <Lift
        person={shown}
        role={deed?.kind === 'lift' ? deed.role : ''}
        open={deed?.kind === 'lift'}
        onClose={() => setDeed(null)}
      />
    </>
  );
}

function Keys({ user }: { user: string }) {
  const api = useApi();
  const keys = useQuery({
    queryKey: ['keys', user],
    queryFn: () =>
      ok(api.GET('/api/quantum/keys/{user_id}/history', { params: { path: { user_id: user } } })),
  });
  if (keys.isPending) return <SkeletonLines />;
  if (keys.isError) return <ErrorState {...told(keys.error)} onRetry={() => void keys.refetch()} />;
  if (keys.data.items.length === 0) return <p className="text-sm text-ink-2">{words.noKeys}</p>;
  return (
    <ul className="divide-y divide-line rounded-lg border border-line">
      {keys.data.items.map((key) => (
        <li key={key.certificate} className="flex flex-wrap items-center justify-between gap-x-3 px-3.5 py-2">
          <Link
            to="/admin/pki"
            search={{ tab: 'certificates', person: user, certificate: key.certificate } as never}
            className="figures font-medium text-accent underline underline-offset-2"
          >
            {words.generation(key.generation)}
          </Link>
          <span className="text-sm text-ink-2">
            {words.keyStates[key.status] ?? key.status}, {words.until}{' '}
            <Timestamp at={key.not_after} precision="day" />
          </span>
        </li>
      ))}
    </ul>
  );
}

interface DeedProps {
  person: Person;
  open: boolean;
  onClose: () => void;
}

function useFresh() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['people'] });
    void client.invalidateQueries({ queryKey: ['custom-roles'] });
    void client.invalidateQueries({ queryKey: ['invitations'] });
  };
}

const whom = (person: { name: string; user_id: string }): Row => [
  words.name,
  <span key="who">
    {person.name} <Hash value={person.user_id} />
  </span>,
];

function Lock({ person, open, onClose }: DeedProps) {
  const fresh = useFresh();
  const [reason, setReason] = useState('');
  const wanted = useRef(!person.locked);
  if (!open) wanted.current = !person.locked;
  const locked = wanted.current;
  return (
    <SignDialog
      open={open}
      onClose={onClose}
      title={locked ? words.lock : words.unlock}
      {...(locked ? { about: words.lockAbout } : {})}
      danger={locked}
      sign={locked ? words.lock : words.unlock}
      ready={reason.trim() !== ''}
      prepare={({ wish }) => wish('user.lock', { user: person.user_id, locked, reason: reason.trim() })}
      form={(problem) => (
        <Field
          label={words.reason}
          hint={words.reasonHint}
          error={faultOf(problem, 'reason') ?? null}
          required
        >
          <Textarea value={reason} maxLength={140} onChange={(event) => setReason(event.target.value)} />
        </Field>
      )}
      rows={(intent) =>
        intent.kind === 'user.lock'
          ? [
              whom({ ...person, user_id: intent.body.user }),
              [words.whatHappens, intent.body.locked ? words.lockedOut : words.letIn],
              [words.reason, intent.body.reason],
            ]
          : []
      }
      done={() => (locked ? words.locked(person.name) : words.unlocked(person.name))}
      onSettled={() => {
        setReason('');
        fresh();
      }}
    />
  );
}

function Grant({ person, open, onClose }: DeedProps) {
  const api = useApi();
  const fresh = useFresh();
  const [name, setName] = useState<string | null>(null);
  const roles = useQuery({
    queryKey: ['custom-roles'],
    enabled: open,
    queryFn: () => ok(api.GET('/api/admin/roles')),
  });
  const options = (roles.data?.items ?? [])
    .filter((role) => role.active && role.base === person.role && !person.roles.includes(role.name))
    .map((role) => ({ value: role.name, label: role.name, about: role.permissions.join(', ') }));
  return (
    <SignDialog
      open={open}
      onClose={onClose}
      title={words.grant}
      sign={words.grant}
      ready={name !== null}
      prepare={({ wish }) => wish('role.grant', { user: person.user_id, name: name ?? '', granted: true })}
      form={(problem) =>
        roles.isPending ? (
          <SkeletonLines lines={2} />
        ) : options.length === 0 ? (
          <Alert title={words.noRoles}>
            <Link to="/admin/roles" search={{ tab: 'custom' } as never} className="underline">
              {admin.rights.define}
            </Link>
          </Alert>
        ) : (
          <Field label={words.customRole} error={faultOf(problem, 'name') ?? null} required>
            <Select options={options} value={name} onChange={setName} />
          </Field>
        )
      }
      rows={(intent) => grantRows(intent, person)}
      done={() => words.granted(person.name, name ?? '')}
      onSettled={fresh}
    />
  );
}

function Lift({ person, role, open, onClose }: DeedProps & { role: string }) {
  const fresh = useFresh();
  const last = useRef(role);
  if (role) last.current = role;
  const name = last.current;
  return (
    <SignDialog
      open={open}
      onClose={onClose}
      title={words.revokeRole}
      sign={words.revokeRole}
      prepare={({ wish }) => wish('role.grant', { user: person.user_id, name, granted: false })}
      rows={(intent) => grantRows(intent, person)}
      done={() => words.lifted(person.name, name)}
      onSettled={fresh}
    />
  );
}

const grantRows = (intent: import('../../bank').Intent, person: Person): Row[] =>
  intent.kind === 'role.grant'
    ? [
        whom({ ...person, user_id: intent.body.user }),
        [words.customRole, <code key="role">{intent.body.name}</code>],
        [words.whatHappens, intent.body.granted ? words.grantedRow : words.liftedRow],
      ]
    : [];

function Invite({ open, onClose }: { open: boolean; onClose: () => void }) {
  const fresh = useFresh();
  const [role, setRole] = useState<Role>('manager');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const made = useRef('');
  return (
    <SignDialog
      open={open}
      onClose={onClose}
      title={words.invite}
      about={words.inviteAbout}
      sign={words.inviteSign}
      ready={name.trim() !== '' && /\S@\S/.test(email)}
      prepare={({ inviteWish, newInvitation }) => {
        const person = { name: name.trim(), email: email.trim() };
        const invitation = newInvitation(role, person.name);
        made.current = invitation.word;
        return inviteWish({ user: invitation.user, role, registration: invitation.registration }, person);
      }}
      form={(problem) => (
        <>
          <RadioCards<Role>
            name="role"
            legend={words.role}
            value={role}
            onChange={setRole}
            options={ROLES.map((value) => ({ value, label: roleName(value) }))}
          />
          <Field label={words.name} error={faultOf(problem, 'name') ?? null} required>
            <Input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={words.email} error={faultOf(problem, 'email') ?? null} required>
            <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
        </>
      )}
      rows={(intent) =>
        intent.kind === 'user.invite'
          ? [
              [words.name, name.trim()],
              [words.email, email.trim()],
              [words.role, roleName(intent.body.role)],
              [
                words.commitment,
                <span key="commitment" className="text-sm text-ink-2">
                  {words.commitmentAbout} <Hash value={intent.body.person} />
                </span>,
              ],
            ]
          : []
      }
      done={() => (
        <>
          <p>{role === 'customer' ? words.invitedCustomer : words.invited}</p>
          <div className="mt-3 flex items-start gap-2 rounded-lg border border-line bg-sunken p-3">
            <code data-invitation className="min-w-0 flex-1 text-sm break-all">
              {made.current}
            </code>
            <CopyButton value={made.current} label={words.copyWord} />
          </div>
        </>
      )}
      onSettled={() => {
        setName('');
        setEmail('');
        fresh();
      }}
    />
  );
}

function Invitations() {
  const api = useApi();
  const { userId } = useSignedIn();
  const fresh = useFresh();
  const [approving, setApproving] = useState<Invitation | null>(null);
  const last = useRef(approving);
  if (approving) last.current = approving;
  const invitations = useQuery({
    queryKey: ['invitations'],
    queryFn: () => ok(api.GET('/api/admin/invitations')),
  });
  const by = (user: string | null | undefined) =>
    user ? user === userId ? words.you : <Hash value={user} /> : admin.none;
  const columns: Column<Invitation>[] = [
    {
      id: 'name',
      header: words.name,
      cell: (one) => (
        <>
          <span className="block">{one.name}</span>
          <span className="block text-sm font-normal text-ink-2">{one.email}</span>
        </>
      ),
    },
    { id: 'role', header: words.role, cell: (one) => roleName(one.role) },
    {
      id: 'state',
      header: words.state,
      cell: (one) => (
        <Badge mood={INVITATION_MOODS[one.status] ?? 'neutral'}>
          {words.invitationStates[one.status] ?? one.status}
        </Badge>
      ),
    },
    { id: 'by', header: words.invitedBy, cell: (one) => by(one.invited_by) },
    { id: 'approved', header: words.approvedBy, wideOnly: true, cell: (one) => by(one.approved_by) },
    { id: 'expires', header: words.expires, cell: (one) => <Timestamp at={one.expires_at} /> },
    {
      id: 'do',
      header: <span className="sr-only">{words.approve}</span>,
      align: 'right',
      cell: (one) =>
        one.status !== 'waiting-for-approval' ? null : one.invited_by === userId ? (
          <span className="text-sm text-ink-3">{words.ownInvitation}</span>
        ) : (
          <Button size="sm" onClick={() => setApproving(one)}>
            {words.approve}
          </Button>
        ),
    },
  ];
  const shown = approving ?? last.current;
  return (
    <Section flush>
      <Table
        label={words.invitations}
        dense
        columns={columns}
        rows={invitations.data?.items}
        rowKey={(one) => `${one.user_id}${one.invited_at}`}
        error={
          invitations.isError
            ? { ...told(invitations.error), onRetry: () => void invitations.refetch() }
            : null
        }
        empty={
          <EmptyState icon={<MailPlus aria-hidden />} title={words.noInvitations}>
            {words.noInvitationsAbout}
          </EmptyState>
        }
      />
      <SignDialog
        open={approving !== null}
        onClose={() => setApproving(null)}
        title={words.approve}
        sign={words.approve}
        prepare={({ wish }: Awaited<ReturnType<typeof library>>) =>
          wish('user.approve', { user: shown?.user_id ?? '' })
        }
        rows={(intent) =>
          intent.kind === 'user.approve' && shown
            ? [
                whom({ name: shown.name, user_id: intent.body.user }),
                [words.email, shown.email],
                [words.role, roleName(shown.role)],
                [words.whatHappens, words.approveAbout],
              ]
            : []
        }
        done={() => words.approved(shown?.name ?? '')}
        onSettled={fresh}
      />
    </Section>
  );
}
