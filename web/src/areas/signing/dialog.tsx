import { PenLine } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Faults, isPassing, Problem } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import type { Prepared, Settled } from '../../bank';
import { common } from '../../text';
import { signing as words } from '../../text/en/signing';
import { Alert, Button, Dialog, SkeletonLines, StepHeading, useOnline } from '../../ui';
import { type Attempt, draftOf } from './attempts';
import { Unknown, WouldBeRefused } from './notes';
import { Became } from './receipt';
import { type Also, Review } from './review';
import { type Outcome, phaseText, type Signing, useCannotSign, useLaying, useSigning } from './signing';

interface Props {
  open?: boolean;
  title: ReactNode;
  about?: ReactNode;
  /**
   * What is to be signed: asked once, or once for each time that the form is left. May throw `Faults` or `IntentError`,
   * which are shown beside their fields.
   */
  prepare: () => Prepared | Promise<Prepared>;
  /** What is asked before the review. It is given what was wrong. */
  form?: ((problem: unknown) => ReactNode) | undefined;
  /** Whether the form can be reviewed. */
  ready?: boolean;
  /** What helps to judge the document, and is not part of it. */
  also?: Also;
  /** As the button says it. */
  action?: string;
  danger?: boolean;
  /** Appended to the address it is sent to. */
  query?: string;
  /** Told once, when the bank has recorded it. */
  onSettled?: (outcome: Outcome) => void;
  /** What follows, beside the receipt. */
  done?: (settled: Settled) => ReactNode;
  /** What there is to say of a refusal besides its reason. */
  refused?: ReactNode;
  onClose: () => void;
}

/** Everything small that is signed goes through here: form, review, signature, receipt. One attempt has one id. */
export function SignDialog({ open = true, ...props }: Props) {
  return open ? <OpenSignDialog {...props} /> : null;
}

/** What an attempt failed by, in so far as another one can do better. */
const faultOf = (state: Signing): unknown =>
  state.phase === 'failed' ? state.error : state.phase === 'settled' ? state.refusal : undefined;

function OpenSignDialog(props: Props) {
  const { title, about, prepare, form, ready = true, action, danger, onClose } = props;
  const formId = useId();
  const cannot = useCannotSign();
  const online = useOnline();
  const laying = useLaying();
  const sign = useSigning({ query: props.query, onSettled: props.onSettled });
  const { state } = sign;
  // What was wrong before the form was shown again.
  const [earlier, setEarlier] = useState<unknown>();

  const foreseen = laying.data?.forecast?.outcome === 'refused' ? laying.data.forecast : undefined;
  // Where there is something to put right, what the bank would refuse is not reviewed but put right.
  const laid = form && foreseen ? undefined : laying.data;
  const inForm = form !== undefined && !laid;
  const busy = state.phase === 'signing' || state.phase === 'sending';
  const problem = laying.error ?? earlier ?? undefined;

  const toReview = () => {
    setEarlier(undefined);
    laying.mutate(prepare);
  };
  const back = () => {
    setEarlier(faultOf(state));
    laying.reset();
    sign.reset();
  };
  // What is changed is no longer what was wrong.
  const changed = () => {
    if (earlier !== undefined) setEarlier(undefined);
    if (laying.isError || foreseen) laying.reset();
  };
  useFirst(toReview, form === undefined && cannot === undefined);

  // A key that was not unlocked may be asked again; a refusal stays one.
  const isFinal = state.phase === 'failed' && state.error instanceof Problem && !isPassing(state.error);
  const actions = (): ReactNode => {
    if (cannot) return <Button onClick={onClose}>{common.close}</Button>;
    if (state.phase === 'settled') {
      return (
        <>
          <Button tone="primary" onClick={onClose}>
            {words.finish}
          </Button>
          {form && state.refusal && <Button onClick={back}>{words.change}</Button>}
        </>
      );
    }
    if (state.phase === 'unknown') {
      return (
        <>
          <Button tone="primary" onClick={() => sign.again(state.sent)}>
            {words.askAgain}
          </Button>
          <Button onClick={onClose}>{words.later}</Button>
        </>
      );
    }
    if (inForm) {
      return (
        <>
          <Button tone="primary" type="submit" form={formId} busy={laying.isPending} disabled={!ready}>
            {words.toReview}
          </Button>
          <Button onClick={onClose}>{common.cancel}</Button>
        </>
      );
    }
    return (
      <>
        {laying.isError ? (
          <Button tone="primary" onClick={toReview}>
            {words.tryAgain}
          </Button>
        ) : (
          <Button
            tone={danger ? 'danger' : 'primary'}
            icon={<PenLine aria-hidden className="size-4" />}
            busy={busy || laying.isPending}
            disabled={!laid || foreseen !== undefined || isFinal || !online}
            onClick={() => laid && sign.start(laid.draft)}
          >
            {phaseText(state) ?? action ?? words.sign}
          </Button>
        )}
        {form ? (
          <Button disabled={busy} onClick={back}>
            {words.change}
          </Button>
        ) : (
          <Button disabled={busy} onClick={onClose}>
            {common.cancel}
          </Button>
        )}
      </>
    );
  };

  return (
    <Dialog
      open
      className="max-w-xl"
      onOpenChange={(next) => !next && !busy && onClose()}
      title={title}
      description={state.phase === 'settled' ? undefined : about}
      mustAnswer={busy}
      actions={actions()}
    >
      {state.phase === 'settled' ? (
        <Became outcome={state} done={props.done} refused={props.refused} />
      ) : (
        <div className="grid gap-4">
          {cannot && <Alert kind="info">{cannot}</Alert>}
          {problem !== undefined && !(problem instanceof Faults) && <ProblemAlert error={problem} />}
          {foreseen && <WouldBeRefused forecast={foreseen} />}
          {foreseen && props.refused}
          {state.phase === 'failed' && (
            <ProblemAlert error={state.error}>{words.nothingHappened}</ProblemAlert>
          )}
          {state.phase === 'unknown' && <Unknown />}
          {inForm && !cannot && (
            <form
              id={formId}
              noValidate
              className="grid gap-4"
              onInput={changed}
              onSubmit={(event: FormEvent) => {
                event.preventDefault();
                if (ready && !laying.isPending) toReview();
              }}
            >
              {form(problem)}
            </form>
          )}
          {!inForm && laying.isPending && <SkeletonLines lines={4} />}
          {laid && (
            <div>
              <StepHeading className="!text-base">{words.review}</StepHeading>
              <p className="mb-2 text-sm text-ink-2">{words.reviewAbout}</p>
              <Review draft={laid.draft} also={props.also} headed />
            </div>
          )}
        </div>
      )}
    </Dialog>
  );
}

/** Does something once, as soon as it may be done. */
function useFirst(work: () => void, may: boolean): void {
  const done = useRef(false);
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (done.current || !may) return;
    done.current = true;
    latest.current();
  }, [may]);
}

/** Asks the bank about an attempt of before, with the very same document. */
export function AskDialog({ attempt, onClose }: { attempt: Attempt; onClose: () => void }) {
  const { state, again } = useSigning({});
  const busy = state.phase === 'sending';
  return (
    <Dialog
      open
      className="max-w-xl"
      onOpenChange={(next) => !next && !busy && onClose()}
      title={words.standing.ask}
      mustAnswer={busy}
      actions={
        state.phase === 'settled' || state.phase === 'failed' ? (
          <Button tone="primary" onClick={onClose}>
            {words.finish}
          </Button>
        ) : (
          <>
            <Button tone="primary" busy={busy} onClick={() => again(attempt.sent)}>
              {words.askAgain}
            </Button>
            <Button disabled={busy} onClick={onClose}>
              {words.later}
            </Button>
          </>
        )
      }
    >
      {state.phase === 'settled' ? (
        <Became outcome={state} />
      ) : (
        <div className="grid gap-4">
          {state.phase === 'failed' ? (
            <ProblemAlert error={state.error}>{words.nothingHappened}</ProblemAlert>
          ) : (
            <Unknown />
          )}
          <Review draft={draftOf(attempt)} headed />
        </div>
      )}
    </Dialog>
  );
}
