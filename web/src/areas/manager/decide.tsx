import { Check, Users, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { useSignedIn } from '../../app/session';
import { type Bodies, type Prepared, wish } from '../../bank';
import { manager } from '../../text/en/manager';
import { Alert, Button, Field, Key, Section, Textarea, useShortcuts } from '../../ui';
import { SignDialog } from '../signing/dialog';
import type { Outcome } from '../signing/signing';
import { Person } from '../staff/people';
import { type Approval, useMay } from './data';

const words = manager.approvals;
const REASON_MAX = 140;
type Decision = Bodies['approval.decide']['decision'];

/** The decision: a reason, and a signature. */
export function Decide({ approval, onNext }: { approval: Approval; onNext?: (() => void) | undefined }) {
  const session = useSignedIn();
  const may = useMay();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const [asked, setAsked] = useState<Prepared>();
  const [became, setBecame] = useState<Outcome>();

  const isMine = approval.maker === session.userId;
  const isFirst = approval.first_approver === session.userId;
  const waits = approval.status === 'waiting';
  const mayDecide = may('POST /api/approvals/decide') && !isMine && waits;
  const can: Record<Decision, boolean> = {
    approve: mayDecide && !isFirst,
    reject: mayDecide,
    escalate: mayDecide && approval.approvers === '1',
  };
  const decide = (decision: Decision) => {
    if (!can[decision]) return;
    const text = reason.trim();
    if (text === '') {
      setMissing(true);
      field.current?.focus();
      return;
    }
    setAsked(wish('approval.decide', { payment: approval.payment, decision, reason: text }));
  };
  useShortcuts({ a: () => decide('approve'), r: () => decide('reject'), e: () => decide('escalate') });

  const refusal = became?.refusal;
  const isStale = refusal?.code === 'payment-decided' || refusal?.code === 'payment-expired';
  return (
    <Section title={words.decide} about={waits && mayDecide ? words.decideAbout : undefined}>
      <div aria-live="polite" className="grid gap-4">
        {isStale && !waits && <WhoDecided approval={approval} />}
        {!waits ? (
          <p className="text-ink-2">{words.after[approval.status]}</p>
        ) : isMine ? (
          <p className="text-ink-2">{words.own}</p>
        ) : !mayDecide ? (
          <p className="text-ink-2">{words.notYours}</p>
        ) : (
          <>
            {isFirst && <p className="text-ink-2">{words.approvedByYou}</p>}
            <Field
              label={words.reason}
              hint={words.reasonHint}
              required
              error={missing && reason.trim() === '' ? words.reasonMissing : undefined}
            >
              <Textarea
                ref={field}
                rows={2}
                maxLength={REASON_MAX}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </Field>
            <div className="flex flex-wrap gap-2">
              <Button
                tone="primary"
                disabled={!can.approve}
                icon={<Check aria-hidden className="size-4" />}
                onClick={() => decide('approve')}
              >
                {approval.first_approver && !isFirst ? words.approveSecond : words.approve}
              </Button>
              <Button
                tone="danger"
                disabled={!can.reject}
                icon={<X aria-hidden className="size-4" />}
                onClick={() => decide('reject')}
              >
                {words.reject}
              </Button>
              <Button
                disabled={!can.escalate}
                icon={<Users aria-hidden className="size-4" />}
                onClick={() => decide('escalate')}
              >
                {words.escalate}
              </Button>
            </div>
            <p className="text-sm text-ink-3 max-lg:hidden">
              <Key>a</Key> {words.approve} · <Key>r</Key> {words.reject} · <Key>e</Key> {words.escalate}
            </p>
            {approval.approvers !== '1' && !isFirst && <p className="text-sm text-ink-3">{words.already}</p>}
          </>
        )}
        {!waits && onNext && (
          <div>
            <Button onClick={onNext}>{words.next}</Button>
          </div>
        )}
      </div>
      {asked && (
        <SignDialog
          title={words.decide}
          prepare={() => asked}
          danger={asked.wish.kind === 'approval.decide' && asked.wish.body.decision === 'reject'}
          onClose={() => setAsked(undefined)}
          refused={!waits && <WhoDecided approval={approval} />}
          onSettled={(outcome) => {
            setBecame(outcome);
            if (!outcome.refusal) setReason('');
          }}
        />
      )}
    </Section>
  );
}

/** A decision that came too late: who was faster, and how it was decided. */
function WhoDecided({ approval }: { approval: Approval }) {
  return (
    <Alert
      kind="warn"
      title={
        <>
          {words.stale(words.statuses[approval.status] ?? approval.status)}
          {approval.decided_by && (
            <>
              , {words.by} <Person id={approval.decided_by} />
            </>
          )}
        </>
      }
    >
      {words.staleAbout}
      {approval.reason && <p className="mt-1 text-ink">“{approval.reason}”</p>}
    </Alert>
  );
}
