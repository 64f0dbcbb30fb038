import { useQuery } from '@tanstack/react-query';
import { MailPlus } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { told } from '../../app/problem';
import { useApi, useSignedIn } from '../../app/session';
import { wish } from '../../bank';
import { people } from '../../text/en/people';
import { Badge, Button, EmptyState, type Mood, Section, Table, Timestamp } from '../../ui';
import { SignDialog } from '../signing/dialog';
import { Person, roleName } from './people';

const words = people.invitations;
type Invitation = Schemas['InvitationView'];

/** Colleagues approve meanwhile. */
const LOOK_MS = 15_000;
const MOODS: Record<string, Mood> = {
  'waiting-for-approval': 'warn',
  open: 'accent',
  redeemed: 'good',
  expired: 'neutral',
};

/** Who was invited, and what waits for a second person. */
export function Invitations() {
  const api = useApi();
  const allowed = useAllowed();
  const { userId } = useSignedIn();
  const [approving, setApproving] = useState<Invitation>();
  const found = useQuery({
    queryKey: ['invitations'],
    refetchInterval: LOOK_MS,
    queryFn: () => ok(api.GET('/api/admin/invitations')),
  });
  return (
    <Section title={words.title} about={words.about} flush>
      <Table
        label={words.title}
        dense
        rows={found.data?.items}
        rowKey={(one) => `${one.user_id}${one.invited_at}`}
        error={found.isError ? { ...told(found.error), onRetry: () => void found.refetch() } : null}
        empty={
          <EmptyState icon={<MailPlus aria-hidden />} title={words.none}>
            {words.noneAbout}
          </EmptyState>
        }
        columns={[
          {
            id: 'name',
            header: people.name,
            cell: (one) => (
              <>
                <span className="block">{one.name}</span>
                <span className="block text-sm font-normal text-ink-2">{one.email}</span>
              </>
            ),
          },
          { id: 'role', header: people.role, cell: (one) => roleName(one.role) },
          {
            id: 'state',
            header: people.state,
            cell: (one) => (
              <Badge mood={MOODS[one.status] ?? 'neutral'}>{words.states[one.status] ?? one.status}</Badge>
            ),
          },
          { id: 'by', header: words.by, wideOnly: true, cell: (one) => <Person id={one.invited_by} /> },
          {
            id: 'approved',
            header: words.approvedBy,
            wideOnly: true,
            cell: (one) => (one.approved_by ? <Person id={one.approved_by} /> : '–'),
          },
          {
            id: 'expires',
            header: words.expires,
            wideOnly: true,
            cell: (one) => <Timestamp at={one.expires_at} />,
          },
          {
            id: 'do',
            header: <span className="sr-only">{words.approve}</span>,
            align: 'right',
            cell: (one) =>
              one.status === 'waiting-for-approval' &&
              (one.invited_by === userId ? (
                <span className="text-sm text-ink-3">{words.own}</span>
              ) : (
                <Button
                  size="sm"
                  disabled={!allowed?.has('POST /api/admin/users/approve')}
                  onClick={() => setApproving(one)}
                >
                  {words.approve}
                </Button>
              )),
          },
        ]}
      />
      {approving && (
        <SignDialog
          title={words.approve}
          about={words.approveAbout}
          action={words.approve}
          also={() => [
            [people.name, approving.name],
            [people.email, approving.email],
            [people.role, roleName(approving.role)],
          ]}
          prepare={() => wish('user.approve', { user: approving.user_id })}
          done={() => words.approved(approving.name)}
          onClose={() => setApproving(undefined)}
        />
      )}
    </Section>
  );
}
