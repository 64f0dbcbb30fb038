import type { ReactNode } from 'react';
import { ProblemAlert } from '../../app/problem-alert';
import type { Refused } from '../../bank';
import { signing as words } from '../../text/en/signing';
import { Alert, Button, formatMoney } from '../../ui';
import type { Sent } from './attempts';
import type { Forecast, Signing } from './signing';

/** As a sentence of the page, where the bank writes it as a part of one. */
export const sentence = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
};

/** The sentence of a reason, which the bank writes as `code: sentence`. */
const reasonSentence = (reason: string): string => reason.replace(/^[a-z0-9-]+:\s*/, '');

/** Why the risk engine looks at it. */
export const Reasons = ({ reasons }: { reasons: readonly string[] }) =>
  reasons.length > 0 && (
    <ul className="mt-1 list-disc pl-5">
      {reasons.map((reason) => (
        <li key={reason}>{reasonSentence(reason)}</li>
      ))}
    </ul>
  );

/** What is left of the limit that refuses, where the bank says it. */
export function leftOf(forecast: Forecast, asset: string, scale?: number): string | undefined {
  const left = forecast.effects.result?.['limit_left'];
  if (left === undefined || !forecast.code.startsWith('limit-')) return undefined;
  if (/-(minute|hour)$|count-per-day$/.test(forecast.code)) return undefined;
  return words.left(formatMoney(left, asset, scale));
}

export const forecastText = ({ title, code }: Forecast): string => sentence(title ?? code);

/** What the bank says before anything is signed. */
export const WouldBeRefused = ({ forecast }: { forecast: Forecast }) => (
  <Alert kind="bad" title={words.wouldBeRefused}>
    {forecastText(forecast)}
    <Reasons reasons={forecast.effects.risk?.reasons ?? []} />
  </Alert>
);

/** What the bank has recorded instead. */
export const Refusal = ({ refusal, children }: { refusal: Refused; children?: ReactNode }) => (
  <Alert kind="bad" title={sentence(refusal.title)} requestId={refusal.requestId}>
    {refusal.detail && sentence(refusal.detail)} {words.refusedAbout}
    {children}
  </Alert>
);

/** The honest answer where none came. */
export function Unknown({ onAgain, busy }: { onAgain?: () => void; busy?: boolean }) {
  return (
    <Alert
      kind="warn"
      title={words.unknown}
      action={
        onAgain && (
          <Button tone="primary" busy={busy ?? false} onClick={onAgain}>
            {words.askAgain}
          </Button>
        )
      }
    >
      {words.unknownAbout}
    </Alert>
  );
}

/** Where an attempt stands, in words; nothing while all goes well. */
export function SigningNote({ state, again }: { state: Signing; again: (sent: Sent) => void }) {
  if (state.phase === 'failed')
    return <ProblemAlert error={state.error}>{words.nothingHappened}</ProblemAlert>;
  if (state.phase === 'unknown') return <Unknown onAgain={() => again(state.sent)} />;
  return null;
}
