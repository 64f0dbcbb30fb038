import { useQuery } from '@tanstack/react-query';
import { Download, ShieldCheck } from 'lucide-react';
import { saveText } from '../../app/save';
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
import { signing } from '../../text/en/signing';
import { Alert, Button, Facts, type Outcome, ProofSteps } from '../../ui';

const words = signing.proof;

const outcomeOf = (step: Step | undefined): Outcome =>
  step === undefined ? 'running' : step.outcome === 'not-reached' ? 'waiting' : step.outcome;

/** The steps of a receipt's verification, as this browser took them; running while there is no proof yet. */
export const ReceiptSteps = ({ proof }: { proof: ReceiptProof | undefined }) => (
  <ProofSteps
    words={common.outcomes}
    steps={STEPS.map((name) => {
      const step = proof?.steps.find((one) => one.name === name);
      return { name: words.steps[name].name, outcome: outcomeOf(step), about: aboutStep(name, step) };
    })}
  />
);

function aboutStep(name: (typeof STEPS)[number], step: Step | undefined) {
  const facts = Object.entries(step?.facts ?? {});
  return (
    <>
      <p>{words.steps[name].about}</p>
      {step?.outcome === 'skipped' && <p className="text-warn">{words.skipped}</p>}
      {step?.outcome === 'not-reached' && <p className="text-ink-3">{words.notReached}</p>}
      {step?.why && <p className={step.outcome === 'failed' ? 'text-bad' : 'text-ink-3'}>{step.why}</p>}
      {facts.length > 0 && (
        <details className="mt-0.5">
          <summary className="text-xs text-ink-3 hover:text-ink">{words.compared}</summary>
          <Facts
            className="text-xs"
            items={facts.map(([fact, value]) => [
              words.facts[fact] ?? fact,
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

/** Whether it holds, in a sentence. */
export function Verdict({ proof }: { proof: ReceiptProof }) {
  if (!proof.valid) {
    return (
      <Alert kind="bad" title={words.broken}>
        {words.brokenAbout}
      </Alert>
    );
  }
  const isPart = proof.steps.some((step) => step.outcome === 'skipped');
  return (
    <Alert kind="good" title={words.holds}>
      {isPart ? words.holdsInPart : words.holdsAbout}
    </Alert>
  );
}

/** Hands out the bundle that `strongroom receipt verify` takes. */
export const DownloadReceipt = ({ receipt }: { receipt: Receipt }) => (
  <Button
    icon={<Download aria-hidden className="size-4" />}
    onClick={() => saveText(receiptBundle(receipt), `receipt-${receipt.intentId}.json`)}
  >
    {words.download}
  </Button>
);

/** What else one needs to check it elsewhere. */
export function Elsewhere({ receipt }: { receipt: Receipt }) {
  const source = useSessionSource();
  const saveTrust = async () => saveText(trustFile((await source.bank()).trust), 'bank.json');
  return (
    <div className="grid justify-items-start gap-2">
      <p className="text-sm text-ink-3">
        {words.offline}{' '}
        <code className="font-mono text-[0.9em] break-all">{words.command(receipt.intentId)}</code>
      </p>
      <Button
        size="sm"
        tone="quiet"
        icon={<ShieldCheck aria-hidden className="size-4" />}
        onClick={() => void saveTrust()}
      >
        {words.downloadTrust}
      </Button>
    </div>
  );
}

/** What a receipt proves, judged in this browser under the bank's pinned keys. */
export function Proof({ receipt }: { receipt: Receipt }) {
  const source = useSessionSource();
  const proof = useQuery({
    // Of these very bytes: another receipt of the same name is judged anew.
    queryKey: ['proof', receiptBundle(receipt)],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => verifyReceipt(receipt, (await source.bank()).trust),
  });
  return (
    <div className="grid gap-4">
      {proof.data && <Verdict proof={proof.data} />}
      <ReceiptSteps proof={proof.data} />
      <div>
        <DownloadReceipt receipt={receipt} />
      </div>
      <Elsewhere receipt={receipt} />
    </div>
  );
}
