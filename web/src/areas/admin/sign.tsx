import { useMutation } from '@tanstack/react-query';
import { CircleCheck, Download, PenLine } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { fieldError, told } from '../../app/problem';
import { library, useSessionSource } from '../../app/session';
import type { Draft, Intent, Settled } from '../../bank';
import { IntentError, Problem } from '../../bank/errors';
import type { Prepared } from '../../bank/intent';
import { admin as words } from '../../text/en/admin';
import { Alert, Button, Dialog, Facts, Hash, StepHeading, Timestamp } from '../../ui';

type Library = Awaited<ReturnType<typeof library>>;
export type Row = readonly [ReactNode, ReactNode];

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  /** What is asked before; the bank's refusal is given, to be shown beside its field. */
  form?: (problem: unknown) => ReactNode;
  /** Whether the form can be reviewed. */
  ready?: boolean;
  danger?: boolean;
  prepare: (library: Library) => Prepared | Promise<Prepared>;
  /** The review, from what will be signed and nothing else. */
  rows: (intent: Intent) => readonly (Row | false)[];
  sign: string;
  /** What follows, beside the receipt. */
  done: (settled: Settled) => ReactNode;
  onSettled?: () => void;
}

type Stage =
  | { at: 'form' }
  | { at: 'review'; draft: Draft; digest: string }
  | { at: 'done'; settled: Settled; bundle: string };

/**
 * What staff sign, in three steps: what is wanted, the canonical bytes in words, the verified receipt. One attempt has one
 * id: where no answer comes, the same signed document is sent again.
 */
export function SignDialog(props: Props) {
  const {
    open,
    onClose,
    title,
    about,
    form,
    ready = true,
    danger,
    prepare,
    rows,
    sign,
    done,
    onSettled,
  } = props;
  const source = useSessionSource();
  const [stage, setStage] = useState<Stage>({ at: 'form' });
  const signed = useRef<Awaited<ReturnType<Awaited<ReturnType<typeof source.bank>>['sign']>> | null>(null);

  const review = useMutation({
    mutationFn: async () => {
      const bank = await library();
      const draft = await source.session.draft(await prepare(bank));
      return { draft, digest: bank.intentDigest(draft.bytes) };
    },
    onSuccess: ({ draft, digest }) => {
      signed.current = null;
      setStage({ at: 'review', draft, digest });
    },
  });
  const submit = useMutation({
    mutationFn: async (draft: Draft) => {
      const [bank, { receiptBundle }] = await Promise.all([source.bank(), library()]);
      signed.current ??= await bank.sign(draft);
      const settled = await source.session.send(signed.current);
      return { settled, bundle: receiptBundle(settled.receipt) };
    },
    onSuccess: ({ settled, bundle }) => {
      setStage({ at: 'done', settled, bundle });
      onSettled?.();
    },
    onError: (error) => {
      // Recorded and final: what is wanted next is another attempt, under another id.
      if (isRecorded(error)) signed.current = null;
    },
  });

  // Opened again it begins again; without a form the review is the first step.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only opening begins it
  useEffect(() => {
    if (!open) return;
    setStage({ at: 'form' });
    review.reset();
    submit.reset();
    if (!form) review.mutate();
  }, [open]);

  const problem = submit.error ?? review.error;
  const isFinal = isRecorded(submit.error);
  // Where no answer came it may have happened: the same document goes out again, and nothing else.
  const mayChange = !submit.isPending && (!submit.isError || submit.error instanceof Problem);
  const back = () => {
    setStage({ at: 'form' });
    review.reset();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && !submit.isPending && onClose()}
      title={title}
      {...(about && stage.at === 'form' ? { description: about } : {})}
      mustAnswer={submit.isPending}
      actions={
        stage.at === 'done' ? (
          <>
            <Button tone="primary" onClick={onClose}>
              {words.sign.close}
            </Button>
            <Button
              icon={<Download aria-hidden className="size-4" />}
              onClick={() => void save(stage.bundle, `${stage.settled.receipt.intentId}.json`)}
            >
              {words.sign.bundle}
            </Button>
          </>
        ) : stage.at === 'review' ? (
          <>
            <Button
              tone={danger ? 'danger' : 'primary'}
              icon={<PenLine aria-hidden className="size-4" />}
              busy={submit.isPending}
              disabled={isFinal}
              onClick={() => submit.mutate(stage.draft)}
            >
              {submit.isError && !isFinal ? words.sign.again : sign}
            </Button>
            {form && mayChange && <Button onClick={back}>{words.sign.change}</Button>}
          </>
        ) : (
          <>
            <Button
              tone="primary"
              busy={review.isPending}
              disabled={!ready}
              onClick={() => {
                submit.reset();
                review.mutate();
              }}
            >
              {words.sign.review}
            </Button>
            <Button onClick={onClose}>{words.sign.cancel}</Button>
          </>
        )
      }
    >
      <div className="grid gap-4">
        {problem && <ProblemAlert error={problem} />}
        {stage.at === 'form' && form?.(problem)}
        {stage.at === 'review' && (
          <div>
            <StepHeading>{words.sign.reviewTitle}</StepHeading>
            <p className="text-sm text-ink-2">{words.sign.reviewAbout}</p>
            <Facts className="mt-2" items={rows(stage.draft.intent)} />
            <details className="mt-3 text-sm">
              <summary className="text-ink-3 underline decoration-dotted underline-offset-2 hover:text-ink">
                {words.sign.technical}
              </summary>
              <Facts
                items={[
                  [words.sign.kind, <code key="kind">{stage.draft.intent.kind}</code>],
                  [words.sign.id, <Hash key="id" value={stage.draft.id} />],
                  [words.sign.digest, <Hash key="digest" value={stage.digest} whole />],
                ]}
              />
            </details>
          </div>
        )}
        {stage.at === 'done' && (
          <div>
            <div className="flex items-start gap-3">
              <CircleCheck aria-hidden className="mt-0.5 size-6 shrink-0 text-good" />
              <div className="min-w-0">
                <StepHeading>{words.sign.done}</StepHeading>
                <div className="text-ink-2">{done(stage.settled)}</div>
              </div>
            </div>
            <Facts
              className="mt-3"
              items={[
                [words.sign.reference, <Hash key="id" value={stage.settled.receipt.intentId} />],
                [words.sign.proof, stage.settled.proof.valid ? words.sign.proved : words.sign.notProved],
              ]}
            />
          </div>
        )}
      </div>
    </Dialog>
  );
}

const save = async (bundle: string, name: string) => {
  const url = URL.createObjectURL(new Blob([bundle], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};

/** Whether the bank has recorded the refusal: then it is final for this intent. */
const isRecorded = (error: unknown): boolean => error instanceof Error && error.name === 'Refused';

/** What went wrong, with the id of the request. */
export function ProblemAlert({ error }: { error: unknown }) {
  if (error instanceof IntentError) return <Alert kind="bad" title={error.message} />;
  const { title, detail, requestId } = told(error);
  return (
    <Alert kind="bad" title={title} requestId={requestId}>
      {detail}
    </Alert>
  );
}

/** The sentence for one field, whether the bank or this browser found the fault. */
export const faultOf = (error: unknown, ...names: string[]) => {
  if (!(error instanceof IntentError)) return fieldError(error, ...names);
  const parts = error.field?.split(/[.[\]]+/) ?? [];
  return names.some((name) => parts.includes(name)) ? { message: error.message } : undefined;
};

/** When, in a line of facts. */
export const when = (at: string | null | undefined): ReactNode => (at ? <Timestamp at={at} /> : words.none);
