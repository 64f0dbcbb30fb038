import { ProblemAlert } from '../../app/problem-alert';
import type { Settled } from '../../bank';
import { signing as words } from '../../text/en/signing';
import { Button, StepHeading } from '../../ui';
import { type Attempt, draftOf, useDealsWith } from './attempts';
import { Unknown } from './notes';
import { Review } from './review';
import { useSigning } from './signing';

/** On the page of its kind: asked about, never signed anew. */
export function Earlier({
  attempt,
  onOver,
  onSettled,
}: {
  attempt: Attempt;
  /** It has not taken effect, and another one may be prepared. */
  onOver: () => void;
  onSettled: (settled: Settled) => void;
}) {
  useDealsWith(attempt.id);
  const { state, again } = useSigning({ onSettled: ({ settled }) => onSettled(settled) });
  return (
    <div className="panel grid gap-5 p-5 sm:p-7">
      <StepHeading>{words.standing.earlier}</StepHeading>
      {state.phase === 'failed' ? (
        <ProblemAlert
          error={state.error}
          action={<Button onClick={onOver}>{words.standing.startOver}</Button>}
        >
          {words.nothingHappened}
        </ProblemAlert>
      ) : (
        <Unknown
          busy={state.phase === 'sending' || state.phase === 'settled'}
          onAgain={() => again(attempt.sent)}
        />
      )}
      <Review draft={draftOf(attempt)} />
    </div>
  );
}
