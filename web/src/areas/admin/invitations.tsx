import { useQuery } from '@tanstack/react-query';
import { MailPlus } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { type Role, useApi, useSignedIn } from '../../app/session';
import { inviteWish, newInvitation, wish } from '../../bank';
import { admin } from '../../text/en/admin';
import {
  Badge,
  Button,
  type Column,
  CopyButton,
  EmptyState,
  Field,
  Hash,
  Input,
  type Mood,
  RadioCards,
  Section,
  Table,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { roleName } from '../staff/people';
import { ALL_ROLES } from '../staff/people-list';

const words = admin.people;
type Invitation = Schemas['InvitationView'];

const INVITATION_MOODS: Record<string, Mood> = {
  'waiting-for-approval': 'warn',
  open: 'accent',
  redeemed: 'good',
  expired: 'neutral',
};

/** Invites somebody: the word that lets them in is shown once. */
export function Invite({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState<Role>('manager');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const made = useRef('');
  return (
    <SignDialog
      onClose={onClose}
      title={words.invite}
      about={words.inviteAbout}
      action={words.inviteSign}
      ready={name.trim() !== '' && /\S@\S/.test(email)}
      prepare={() => {
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
            options={ALL_ROLES.map((value) => ({ value, label: roleName(value) }))}
          />
          <Field label={words.name} error={fieldError(problem, 'name')} required>
            <Input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={words.email} error={fieldError(problem, 'email')} required>
            <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
        </>
      )}
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
    />
  );
}

export function Invitations() {
  const api = useApi();
  const { userId } = useSignedIn();
  const [approving, setApproving] = useState<Invitation>();
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
      {approving && (
        <SignDialog
          title={words.approve}
          about={words.approveAbout}
          action={words.approve}
          also={() => [
            [words.name, approving.name],
            [words.email, approving.email],
            [words.role, roleName(approving.role)],
          ]}
          prepare={() => wish('user.approve', { user: approving.user_id })}
          done={() => words.approved(approving.name)}
          onClose={() => setApproving(undefined)}
        />
      )}
    </Section>
  );
}
