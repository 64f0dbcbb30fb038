import { Check, Users } from 'lucide-react';
import { manager } from '../../text/en/manager';
import { Badge, type Mood } from '../../ui';
import type { Approval } from './data';

const words = manager.approvals;

const MOODS: Record<string, Mood> = {
  waiting: 'warn',
  approved: 'good',
  rejected: 'bad',
  expired: 'neutral',
};

/** How a payment stands. */
export const ApprovalState = ({ status }: { status: string }) => (
  <Badge mood={MOODS[status] ?? 'neutral'}>{words.statuses[status] ?? status}</Badge>
);

const URGENT_MS = 4 * 3_600_000;
export const isUrgent = ({ expires_at: at }: Approval): boolean => Date.parse(at) - Date.now() < URGENT_MS;

/** What is special about it. */
export function Marks({ approval }: { approval: Approval }) {
  if (!approval.escalated && !approval.first_approver) return null;
  return (
    <span className="flex flex-wrap gap-1.5">
      {approval.escalated && (
        <Badge mood="accent" icon={<Users aria-hidden className="size-3" />}>
          {words.escalated}
        </Badge>
      )}
      {approval.first_approver && approval.status === 'waiting' && (
        <Badge mood="accent" icon={<Check aria-hidden className="size-3" />}>
          {words.oneOfTwo}
        </Badge>
      )}
    </span>
  );
}
