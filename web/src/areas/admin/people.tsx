import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MailPlus } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { admin } from '../../text/en/admin';
import { people } from '../../text/en/people';
import {
  Button,
  buttonClass,
  Drawer,
  ErrorState,
  Facts,
  Hash,
  Page,
  SkeletonLines,
  Tabs,
  Timestamp,
} from '../../ui';
import { Invitations } from '../staff/invitations';
import { PersonState, roleName } from '../staff/people';
import { PeopleList, type PersonRow } from '../staff/people-list';
import { Invite } from './invite';
import { type Deed, DeedDialog } from './person-deeds';

const words = admin.people;

/** Who can sign in, as what; and who is invited. */
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
          { id: 'people', label: words.all, panel: <Everybody /> },
          { id: 'invitations', label: people.invitations.title, panel: <Invitations /> },
        ]}
      />
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </Page>
  );
}

function Everybody() {
  const { search, set } = useListSearch();
  const id = search['person'];
  const show = (person: string | undefined) => set({ cursor: search['cursor'], person });
  return (
    <PeopleList
      label={words.title}
      selected={id}
      onOpen={(person) => show(person.user_id)}
      columns={[
        {
          id: 'roles',
          header: words.narrowedBy,
          wideOnly: true,
          cell: (person) => (person.roles.length > 0 ? person.roles.join(', ') : admin.none),
        },
      ]}
      beside={(rows) => (
        <PersonDrawer person={rows.find((one) => one.user_id === id)} onClose={() => show(undefined)} />
      )}
    />
  );
}

function PersonDrawer({ person, onClose }: { person: PersonRow | undefined; onClose: () => void }) {
  const { userId } = useSignedIn();
  const [deed, setDeed] = useState<Deed>();
  // What closes still shows whom it was about.
  const last = useRef(person);
  if (person) last.current = person;
  const shown = person ?? last.current;
  if (!shown) return null;
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
              <Button
                tone={shown.locked ? 'primary' : 'danger'}
                onClick={() => setDeed({ kind: 'lock', locked: !shown.locked })}
              >
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
            [words.state, <PersonState key="state" status={shown.status} locked={shown.locked} />],
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
      {deed && <DeedDialog person={shown} deed={deed} onClose={() => setDeed(undefined)} />}
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
