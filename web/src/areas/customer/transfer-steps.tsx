import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, ArrowRight, PenLine } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSessionSource } from '../../app/session';
import type { Draft } from '../../bank';
import { customer } from '../../text/en/customer';
import { signing } from '../../text/en/signing';
import { Alert, Button, formatMoney, StepHeading, useOnline } from '../../ui';
import { Reasons, SigningNote } from '../signing/notes';
import { Review } from '../signing/review';
import { type Laid, phaseText, type UseSigning } from '../signing/signing';
import { useAccounts, useNames } from './data';

const words = customer.transfer;

export function ReviewStep({
  draft,
  forecast,
  onChange,
  onNext,
}: Laid & {
  onChange: () => void;
  onNext: () => void;
}) {
  const reasons = forecast?.effects.risk?.reasons ?? [];
  const waits = forecast?.code === 'held';
  return (
    <div className="grid gap-4">
      <div>
        <StepHeading>{signing.review}</StepHeading>
        <p className="mt-1 text-sm text-ink-2">{signing.reviewAbout}</p>
      </div>
      {waits && (
        <Alert kind="warn" title={words.willWait}>
          {words.willWaitAbout}
          <Reasons reasons={reasons} />
        </Alert>
      )}
      {!waits && reasons.length > 0 && (
        <Alert kind="info" title={words.noticed}>
          <Reasons reasons={reasons} />
        </Alert>
      )}
      <Review draft={draft} onChange={onChange} />
      <StepButtons onBack={onChange}>
        <Button tone="primary" size="lg" onClick={onNext} className="max-sm:w-full">
          {words.toSign}
          <ArrowRight aria-hidden className="size-4" />
        </Button>
      </StepButtons>
    </div>
  );
}

const StepButtons = ({ onBack, children }: { onBack?: (() => void) | undefined; children: ReactNode }) => (
  <div className="flex flex-row-reverse flex-wrap items-center justify-between gap-2 pt-1">
    {children}
    {onBack && (
      <Button tone="quiet" onClick={onBack} icon={<ArrowLeft aria-hidden className="size-4" />}>
        {words.back}
      </Button>
    )}
  </div>
);

export function SignStep({ draft, sign, onBack }: { draft: Draft; sign: UseSigning; onBack: () => void }) {
  const source = useSessionSource();
  const named = useNames();
  const accounts = useAccounts().data;
  const tier = useQuery({
    queryKey: ['tier'],
    queryFn: async () => (await (await source.bank()).profile())?.keys.tier ?? null,
  }).data;
  const { state, start, again } = sign;
  const online = useOnline();
  const running = phaseText(state);
  const { intent } = draft;
  if (intent.kind !== 'transfer') return null;
  const { amount, asset, credit } = intent.body;
  const money = formatMoney(amount, asset, accounts?.find((account) => account.asset === asset)?.scale);
  return (
    <div className="grid gap-5">
      <StepHeading>{words.signTitle}</StepHeading>
      <div className="grid justify-items-center gap-2 rounded-lg bg-sunken px-4 py-8 text-center">
        <span className="grid size-12 place-items-center rounded-full bg-accent-soft text-accent">
          <PenLine aria-hidden className="size-6" />
        </span>
        <p className="figures text-xl font-semibold">{words.signAbout(money, named(credit).name)}</p>
        <p className="max-w-sm text-sm text-ink-2">{tier ? words.signWith[tier] : ''}</p>
      </div>
      <SigningNote state={state} again={again} />
      <div role="status" className="sr-only">
        {running}
      </div>
      <StepButtons onBack={running || state.phase === 'unknown' ? undefined : onBack}>
        {state.phase !== 'unknown' && (
          <Button
            tone="primary"
            size="lg"
            busy={running !== undefined || state.phase === 'settled'}
            disabled={!online}
            onClick={() => start(draft)}
            icon={<PenLine aria-hidden className="size-4" />}
            className="max-sm:w-full"
          >
            {running ?? words.sign}
          </Button>
        )}
      </StepButtons>
    </div>
  );
}
