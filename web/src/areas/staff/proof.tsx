import { Download } from 'lucide-react';
import type { Receipt, ReceiptProof, Step } from '../../bank';
import { receiptBundle } from '../../bank';
import { common } from '../../text';
import { staff } from '../../text/en/staff';
import { Button, type ProofStep, ProofSteps } from '../../ui';
import { save } from './save';

const words = staff.proof;
const OUTCOMES = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  'not-reached': 'waiting',
} as const;

const LONG = 40;

function about(step: Step): ProofStep['about'] {
  if (step.outcome === 'not-reached') return words.notReached;
  if (step.why) return step.why;
  const facts = Object.entries(step.facts ?? {});
  if (facts.length === 0) return undefined;
  return (
    <dl className="grid gap-x-3 sm:grid-cols-[auto_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{words.facts[name] ?? name}</dt>
          <dd
            className={value.length > LONG ? 'font-mono text-xs leading-5 break-all' : 'figures break-words'}
          >
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The steps of a receipt's verification, as this browser took them. */
export const stepsOf = (proof: ReceiptProof): ProofStep[] =>
  proof.steps.map((step) => ({
    name: words.steps[step.name],
    outcome: OUTCOMES[step.outcome],
    about: about(step),
  }));

export const ReceiptSteps = ({ proof }: { proof: ReceiptProof }) => (
  <ProofSteps steps={stepsOf(proof)} words={common.outcomes} />
);

/** Hands out the bundle that `strongroom receipt verify` takes. */
export const DownloadReceipt = ({ receipt }: { receipt: Receipt }) => (
  <Button
    size="sm"
    icon={<Download aria-hidden className="size-4" />}
    onClick={() => save(`${receipt.intentId}.json`, receiptBundle(receipt))}
  >
    {staff.signing.download}
  </Button>
);
