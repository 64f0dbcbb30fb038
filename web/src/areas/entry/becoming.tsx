import { useState } from 'react';
import type { Begins, EnrolStep } from '../../bank';
import { common } from '../../text';
import { entry } from '../../text/en/entry';
import { type Outcome, ProofSteps } from '../../ui';

const words = entry.becoming;
/** In the order of the library, which is loaded later. */
const STEPS: readonly EnrolStep[] = ['keys', 'request', 'certificate', 'session', 'delivery'];

/** How far somebody has come in becoming somebody. */
export interface Progress {
  at: EnrolStep;
  outcome: 'running' | 'failed' | 'passed';
}

/** Runs an enrolment and remembers how far it came, which stays where it failed. */
export function useBecoming() {
  const [progress, setProgress] = useState<Progress>();
  const run = async <T,>(work: (begins: Begins) => Promise<T>): Promise<T> => {
    const begins: Begins = (at) => setProgress({ at, outcome: 'running' });
    try {
      const result = await work(begins);
      setProgress({ at: 'delivery', outcome: 'passed' });
      return result;
    } catch (error) {
      setProgress((last) => last && { ...last, outcome: 'failed' });
      throw error;
    }
  };
  return { progress, run, reset: () => setProgress(undefined) };
}

export function Becoming({ progress, from = 'keys' }: { progress: Progress | undefined; from?: EnrolStep }) {
  const at = progress ? STEPS.indexOf(progress.at) : -1;
  const outcomeOf = (place: number): Outcome => {
    if (place < at) return 'passed';
    return place === at && progress ? progress.outcome : 'waiting';
  };
  const steps = STEPS.map((step, place) => ({ step, outcome: outcomeOf(place) }));
  return (
    <div aria-live="polite">
      <ProofSteps
        words={common.outcomes}
        steps={steps.slice(STEPS.indexOf(from)).map(({ step, outcome }) => ({
          name: words.steps[step],
          about: words.abouts[step],
          outcome,
        }))}
      />
    </div>
  );
}
