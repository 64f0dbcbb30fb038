import type { Schemas } from '../../api/client';
import { manager } from '../../text/en/manager';
import { Badge, cx, Facts, type Mood, Section } from '../../ui';

const words = manager.approvals.risk;
const MOODS: Record<string, Mood> = { low: 'good', medium: 'warn', high: 'bad', critical: 'bad' };
const WHOLE = 1000;

/** Why the engine held it: the score, and each reason as a sentence with what it adds by itself. */
export function Risk({ risk }: { risk: Schemas['RiskView'] }) {
  return (
    <Section title={words.title} about={words.about}>
      <p className="flex flex-wrap items-center gap-3">
        <span className="figures text-2xl font-semibold">{words.score(risk.score_permille)}</span>
        <Badge mood={MOODS[risk.level] ?? 'neutral'}>{words.levels[risk.level] ?? risk.level}</Badge>
      </p>
      {risk.reasons.length === 0 ? (
        <p className="mt-2 text-ink-2">{words.none}</p>
      ) : (
        <ol className="mt-3 grid gap-3">
          {risk.reasons.map(({ rule, sentence, weight_permille: weight }) => (
            <li key={`${rule} ${sentence}`}>
              <div className="flex items-baseline justify-between gap-4">
                <span>{sentence.charAt(0).toUpperCase() + sentence.slice(1)}</span>
                {weight > 0 && (
                  <span className="figures shrink-0 text-sm text-ink-2">{words.weight(weight)}</span>
                )}
              </div>
              <svg
                aria-hidden
                className={cx('mt-1 h-1.5 w-full rounded-full bg-sunken', weight === 0 && 'hidden')}
                viewBox={`0 0 ${WHOLE} 6`}
                preserveAspectRatio="none"
              >
                <rect width={weight} height="6" className="fill-warn" />
              </svg>
            </li>
          ))}
        </ol>
      )}
      <details className="mt-3 text-sm">
        <summary className="text-ink-2 hover:text-ink">{words.technical}</summary>
        <Facts
          className="mt-1"
          items={[
            [words.policy, risk.policy],
            [words.action, <code key="action">{risk.action}</code>],
            [words.rules, <code key="rules">{risk.reasons.map((reason) => reason.rule).join(' ')}</code>],
          ]}
        />
      </details>
    </Section>
  );
}
