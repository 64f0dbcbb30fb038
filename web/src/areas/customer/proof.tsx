import { useQuery } from '@tanstack/react-query';
import { Download, ShieldCheck } from 'lucide-react';
import { useSessionSource } from '../../app/session';
import {
  type Receipt,
  type ReceiptProof,
  receiptBundle,
  STEPS,
  type Step,
  trustFile,
  verifyReceipt,
} from '../../bank';
import { common } from '../../text';
import { customer } from '../../text/en/customer';
import { Alert, Button, Facts, type Outcome, ProofSteps } from '../../ui';
import { saveText } from './save';

const words = customer.proof;

const outcomeOf = (step: Step | undefined): Outcome =>
  step === undefined ? 'running' : step.outcome === 'not-reached' ? 'waiting' : step.outcome;

/** What the receipt proves, judged in this browser under the bank's pinned keys. */
export function Proof({ receipt }: { receipt: Receipt }) {
  const source = useSessionSource();
  const proof = useQuery({
    // Of these very bytes: another receipt of the same name is judged anew.
    queryKey: ['proof', receiptBundle(receipt)],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => verifyReceipt(receipt, (await source.bank()).trust),
  });
  const steps = proof.data?.steps;
  const skipped = steps?.some((step) => step.outcome === 'skipped') ?? false;
  const saveTrust = async () => saveText(trustFile((await source.bank()).trust), 'bank.json');
  return (
    <div className="grid gap-4">
      {proof.data && <Verdict proof={proof.data} skipped={skipped} />}
      <ProofSteps
        words={common.outcomes}
        steps={STEPS.map((name) => {
          const step = steps?.find((one) => one.name === name);
          return { name: words.steps[name].name, outcome: outcomeOf(step), about: aboutStep(name, step) };
        })}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          icon={<Download aria-hidden className="size-4" />}
          onClick={() => saveText(receiptBundle(receipt), `receipt-${receipt.intentId}.json`)}
        >
          {words.download}
        </Button>
        <Button
          tone="quiet"
          icon={<ShieldCheck aria-hidden className="size-4" />}
          onClick={() => void saveTrust()}
        >
          {words.downloadTrust}
        </Button>
      </div>
      <p className="text-sm text-ink-3">
        {words.offline}{' '}
        <code className="font-mono text-[0.9em] break-all">{words.command(receipt.intentId)}</code>
      </p>
    </div>
  );
}

function Verdict({ proof, skipped }: { proof: ReceiptProof; skipped: boolean }) {
  if (!proof.valid) {
    return (
      <Alert kind="bad" title={words.broken}>
        {words.brokenAbout}
      </Alert>
    );
  }
  return (
    <Alert kind="good" title={words.holds}>
      {skipped ? words.holdsInPart : words.holdsAbout}
    </Alert>
  );
}

function aboutStep(name: (typeof STEPS)[number], step: Step | undefined) {
  const facts = Object.entries(step?.facts ?? {});
  return (
    <>
      <p>{words.steps[name].about}</p>
      {step?.outcome === 'skipped' && <p className="text-warn">{words.skipped}</p>}
      {step?.why && <p className={step.outcome === 'failed' ? 'text-bad' : 'text-ink-3'}>{step.why}</p>}
      {facts.length > 0 && (
        <details className="mt-0.5">
          <summary className="text-xs text-ink-3 hover:text-ink">{words.facts}</summary>
          <Facts
            className="text-xs"
            items={facts.map(([fact, value]) => [
              fact,
              <code key={fact} className="font-mono break-all">
                {value}
              </code>,
            ])}
          />
        </details>
      )}
    </>
  );
}
