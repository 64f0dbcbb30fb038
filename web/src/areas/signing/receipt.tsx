import type { ReactNode } from 'react';
import type { Settled } from '../../bank';
import { common } from '../../text';
import { signing as words } from '../../text/en/signing';
import { CopyButton, Facts, StepHeading, Timestamp } from '../../ui';
import { kindName } from './kinds';
import { Refusal } from './notes';
import { DownloadReceipt, Elsewhere, ReceiptSteps, Verdict } from './proof';
import type { Outcome } from './signing';

/** What became of it: in a word, with what follows from it, its reference and its proof. */
export function Became({
  outcome: { settled, refusal },
  done,
  refused,
}: {
  outcome: Outcome;
  done?: ((settled: Settled) => ReactNode) | undefined;
  refused?: ReactNode;
}) {
  const { receipt, proof } = settled;
  return (
    <div className="grid gap-4">
      <StepHeading className="!text-base">{refusal ? words.refused : words.accepted}</StepHeading>
      {refusal ? (
        <>
          <Refusal refusal={refusal} />
          {refused}
        </>
      ) : (
        done && <div className="-mt-2 text-ink-2">{done(settled)}</div>
      )}
      <Verdict proof={proof} />
      <Facts
        items={[
          proof.intent && [common.what, kindName(proof.intent.kind)],
          [
            words.reference,
            <span key="id" className="inline-flex flex-wrap items-center gap-1">
              <code className="font-mono text-[0.9em] break-all">{receipt.intentId}</code>
              <CopyButton value={receipt.intentId} label={words.copyReference} />
            </span>,
          ],
          proof.origin && [words.recorded, <Timestamp key="at" at={proof.origin.at} precision="second" />],
          [
            words.leaf,
            <span key="leaf" className="figures">
              {receipt.index.toString()}
            </span>,
          ],
          receipt.code !== 'ok' && [words.code, <code key="code">{receipt.code}</code>],
        ]}
      />
      <details className="text-sm">
        <summary className="font-medium text-accent">{words.proof.title}</summary>
        <div className="mt-2 grid gap-3">
          <ReceiptSteps proof={proof} />
          <Elsewhere receipt={receipt} />
        </div>
      </details>
      <div>
        <DownloadReceipt receipt={receipt} />
      </div>
    </div>
  );
}
