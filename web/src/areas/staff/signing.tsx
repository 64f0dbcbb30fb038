import { useMutation } from '@tanstack/react-query';
import { PenLine } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { told } from '../../app/problem';
import { useSessionSource } from '../../app/session';
import {
  type Draft,
  intentDigest,
  type Prepared,
  Problem,
  Refused,
  type Settled,
  type SignedIntent,
  Unreachable,
} from '../../bank';
import { shell } from '../../text';
import { staff } from '../../text/en/staff';
import { Alert, Button, Dialog, Facts, Hash, SkeletonLines, StepHeading, Timestamp } from '../../ui';
import { bodyFacts, kindName } from './document';
import { DownloadReceipt, ReceiptSteps } from './proof';

const words = staff.signing;

/** What became of an attempt: recorded, one way or the other. */
export interface Outcome {
  settled: Settled;
  refusal: Refused | undefined;
}

interface Props {
  /** What is wished. One dialog is one attempt: its id is made when it opens, and never again. */
  prepared: Prepared;
  title?: ReactNode;
  /** Appended to the address it is sent to. */
  query?: string;
  onClose: () => void;
  /** Told once, when the bank has recorded it. */
  onSettled?: (outcome: Outcome) => void;
  /** What more there is to see or do once it is done. */
  after?: (outcome: Outcome) => ReactNode;
}

/** Review, sign, receipt: every signed deed of a member of staff goes through here. */
export function SignDialog(props: Props) {
  const { prepared, title, query, onClose, onSettled, after } = props;
  const source = useSessionSource();
  const [draft, setDraft] = useState<Draft>();
  const [fault, setFault] = useState<unknown>();
  const [outcome, setOutcome] = useState<Outcome>();
  const signed = useRef<SignedIntent>(undefined);
  const first = useRef(prepared);
  useEffect(() => {
    let gone = false;
    source.session
      .draft(first.current)
      .then((laid) => !gone && setDraft(laid))
      .catch((error) => !gone && setFault(error));
    return () => {
      gone = true;
    };
  }, [source]);

  const send = useMutation({
    mutationFn: async (of: Draft): Promise<Outcome> => {
      const { session } = source;
      // Signed once. Whatever happens to the answer, the same bytes go out again.
      signed.current ??= await session.bank.sign(of);
      const bytes = signed.current;
      const attempt = () => session.send(bytes, query);
      try {
        const settled = await attempt().catch(async (error) => {
          if (!(error instanceof Problem && error.wantsProof)) throw error;
          await session.prove();
          return attempt();
        });
        return { settled, refusal: undefined };
      } catch (error) {
        if (error instanceof Refused) return { settled: error.settled, refusal: error };
        throw error;
      }
    },
    onSuccess: (became) => {
      setOutcome(became);
      onSettled?.(became);
    },
  });

  const isUnknown = send.isError && isOpen(send.error) && signed.current !== undefined;
  const problem = fault ?? (send.isError && !isUnknown ? send.error : undefined);
  const busy = send.isPending;
  return (
    <Dialog
      open
      mustAnswer
      className="max-w-xl"
      // While nobody knows what became of it, it is not closed by a key pressed too often.
      onOpenChange={(open) => !open && !busy && !isUnknown && onClose()}
      title={outcome ? (outcome.refusal ? words.refused : words.accepted) : (title ?? words.review)}
      description={outcome ? undefined : words.reviewAbout}
      actions={
        outcome ? (
          <Button tone="primary" onClick={onClose}>
            {words.finish}
          </Button>
        ) : isUnknown ? (
          <Button tone="primary" busy={busy} onClick={() => draft && send.mutate(draft)}>
            {words.ask}
          </Button>
        ) : (
          <>
            <Button
              tone="primary"
              icon={<PenLine aria-hidden className="size-4" />}
              busy={busy}
              // A key that was not unlocked may be asked again; a refusal of the bank stays one.
              disabled={!draft || problem instanceof Problem}
              onClick={() => draft && send.mutate(draft)}
            >
              {words.sign}
            </Button>
            <Button disabled={busy} onClick={onClose}>
              {words.back}
            </Button>
          </>
        )
      }
    >
      {outcome ? (
        <Became outcome={outcome} after={after} />
      ) : (
        <div className="grid gap-4">
          {isUnknown && (
            <Alert kind="warn" title={words.unknownTitle}>
              {words.unknownAbout}
            </Alert>
          )}
          {isUnknown && !(send.error instanceof Unreachable) && <Fault error={send.error} />}
          {problem !== undefined && <Fault error={problem} />}
          {draft ? <Review draft={draft} /> : problem === undefined && <SkeletonLines lines={4} />}
        </div>
      )}
    </Dialog>
  );
}

/** Whether it may have taken effect all the same. */
const isOpen = (error: unknown): boolean =>
  error instanceof Unreachable || !(error instanceof Problem) || error.status >= 500 || error.status === 429;

function Fault({ error }: { error: unknown }) {
  const { title, detail, requestId } = told(error);
  return (
    <Alert kind="bad" title={title} requestId={requestId}>
      {detail}
    </Alert>
  );
}

function Review({ draft }: { draft: Draft }) {
  const { intent } = draft;
  return (
    <div>
      <p className="font-medium">{kindName(intent.kind)}</p>
      <Facts
        items={[
          ...bodyFacts(intent),
          ...Object.entries(draft.details?.value ?? {}).map(
            ([name, value]) => [staff.members[name] ?? name, value] as const,
          ),
          [words.authority, shell.roles[intent.authority]],
          [words.bank, intent.bank],
        ]}
      />
      <details className="mt-1 border-t border-line pt-2.5 text-sm">
        <summary className="text-ink-2 hover:text-ink">{words.technical}</summary>
        <Facts
          className="mt-1"
          items={[
            [words.digest, <Hash key="digest" value={intentDigest(draft.bytes)} whole />],
            [words.intent, <Hash key="id" value={intent.id} whole />],
            [words.place, <span key="seq">{intent.seq.toString()}</span>],
          ]}
        />
      </details>
    </div>
  );
}

function Became({ outcome, after }: { outcome: Outcome; after: Props['after'] }) {
  const { settled, refusal } = outcome;
  const { receipt, proof } = settled;
  return (
    <div className="grid gap-4">
      <StepHeading className="sr-only">{refusal ? words.refused : words.accepted}</StepHeading>
      <Alert
        kind={refusal ? 'bad' : 'good'}
        title={kindName(proof.intent?.kind ?? '')}
        requestId={refusal?.requestId}
      >
        {refusal
          ? (refusal.detail ?? refusal.title)
          : proof.intent && <Timestamp at={proof.intent.at} precision="second" />}
      </Alert>
      {after?.(outcome)}
      <Facts
        items={[
          [words.intent, <Hash key="id" value={receipt.intentId} whole />],
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
        <summary className="font-medium text-accent">{words.proof}</summary>
        <p className="my-2 text-ink-2">{words.proofAbout}</p>
        <ReceiptSteps proof={proof} />
      </details>
      <div>
        <DownloadReceipt receipt={receipt} />
      </div>
    </div>
  );
}
