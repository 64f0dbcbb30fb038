import { useMutation } from '@tanstack/react-query';
import { PenLine } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { told } from '../../app/problem';
import { useSessionSource } from '../../app/session';
import type { Draft, Prepared, Refused, Settled, SignedIntent } from '../../bank';
import { customer } from '../../text/en/customer';
import { Alert, Button, Dialog, formatMoney, SkeletonLines, useOnline } from '../../ui';
import { Review, useCannotSign } from './review';
import { type Signing, useSigning } from './signing';

const words = customer.signing;

/** What a dry run answers. */
export interface Forecast {
  outcome: string;
  code: string;
  title?: string;
  effects: {
    result?: Record<string, string>;
    risk?: { level: string; reasons: string[] };
  };
}

/** What is left of the limit that refuses, where the bank says it. */
export function leftOf(forecast: Forecast, asset: string, scale?: number): string | undefined {
  const left = forecast.effects.result?.['limit_left'];
  if (left === undefined || !forecast.code.startsWith('limit-')) return undefined;
  if (/-(minute|hour)$|count-per-day$/.test(forecast.code)) return undefined;
  return words.left(formatMoney(left, asset, scale));
}

/** As a sentence of the page, where the bank writes it as a part of one. */
export const sentence = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
};

/** The sentence of a reason, which the bank writes as `code: sentence`. */
export const reasonSentence = (reason: string): string => reason.replace(/^[a-z0-9-]+:\s*/, '');

export const Reasons = ({ reasons }: { reasons: readonly string[] }) => (
  <ul className="mt-1 list-disc pl-5">
    {reasons.map((reason) => (
      <li key={reason}>{reasonSentence(reason)}</li>
    ))}
  </ul>
);

/** Where an attempt stands, in words; nothing while all goes well. */
export function SigningNote({ state, again }: { state: Signing; again: (signed: SignedIntent) => void }) {
  if (state.phase === 'failed') {
    const { title, detail, requestId } = told(state.error);
    return (
      <Alert kind="bad" title={title} requestId={requestId}>
        {detail ? `${detail} ` : ''}
        {words.nothingHappened}
      </Alert>
    );
  }
  if (state.phase === 'unknown') return <Unknown onAgain={() => again(state.signed)} />;
  return null;
}

/** The honest answer where none came. */
export function Unknown({ onAgain, busy }: { onAgain: () => void; busy?: boolean }) {
  return (
    <Alert
      kind="warn"
      title={words.unknown}
      action={
        <Button tone="primary" busy={busy ?? false} onClick={onAgain}>
          {words.askAgain}
        </Button>
      }
    >
      {words.unknownAbout}
    </Alert>
  );
}

interface SignDialogProps {
  open: boolean;
  title: string;
  description?: ReactNode;
  /** What is to be signed. Laid out once, when the dialog opens. */
  prepare: () => Prepared;
  /** As the button says it. */
  action: string;
  danger?: boolean;
  onClose: () => void;
  onDone: (settled: Settled) => void;
}

/** Something small that needs a signature: reviewed from its bytes, tried first, then signed. */
export function SignDialog(props: SignDialogProps) {
  return props.open ? <OpenSignDialog {...props} /> : null;
}

function OpenSignDialog({ title, description, prepare, action, danger, onClose, onDone }: SignDialogProps) {
  const source = useSessionSource();
  const cannot = useCannotSign();
  const online = useOnline();
  const { mutate, data, error, isError, isPending } = useMutation({
    mutationFn: async (): Promise<{ draft: Draft; forecast: Forecast }> => {
      const draft = await source.session.draft(prepare());
      return { draft, forecast: await source.session.dryRun<Forecast>(draft) };
    },
  });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current || cannot) return;
    begun.current = true;
    mutate();
  }, [mutate, cannot]);
  const { state, start, again } = useSigning((settled, refusal) => {
    if (!refusal) onDone(settled);
  });
  const busy = state.phase === 'signing' || state.phase === 'sending';
  const isOver = state.phase === 'settled' || state.phase === 'unknown';
  const refused = data?.forecast.outcome === 'refused' ? data.forecast : undefined;
  const refusal: Refused | undefined = state.phase === 'settled' ? state.refusal : undefined;
  const failed = isError ? told(error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !busy && onClose()}
      title={title}
      description={description}
      mustAnswer={busy}
      actions={
        <>
          {!isOver && !cannot && (
            <Button
              tone={danger ? 'danger' : 'primary'}
              busy={busy || isPending}
              disabled={!data || Boolean(refused) || !online}
              icon={<PenLine aria-hidden className="size-4" />}
              onClick={() => data && start(data.draft)}
            >
              {busy ? words.phases[state.phase === 'signing' ? 'signing' : 'sending'] : action}
            </Button>
          )}
          <Button disabled={busy} onClick={onClose}>
            {isOver || cannot ? words.close : words.cancel}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        {cannot && <Alert kind="info">{cannot}</Alert>}
        {!cannot && !data && !isError && <SkeletonLines />}
        {failed && (
          <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
            {failed.detail}
          </Alert>
        )}
        {refused && (
          <Alert kind="bad" title={words.wouldBeRefused}>
            {sentence(refused.title ?? refused.code)}
          </Alert>
        )}
        {refusal && (
          <Alert kind="bad" title={words.refused} requestId={refusal.requestId}>
            {sentence(refusal.title)}
          </Alert>
        )}
        <SigningNote state={state} again={again} />
        {data && <Review draft={data.draft} />}
      </div>
    </Dialog>
  );
}
