import { CircleAlert, CircleCheck, CircleDashed, CircleX, Clock } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from './copy';
import { cx } from './cx';
import { formatDay, formatMinor, formatRelative, formatTime, type Precision, shortHash } from './format';

interface MoneyProps {
  /** Minor units, as the bank sends them. */
  minor: string | bigint;
  asset: string;
  scale?: number;
  size?: 'sm' | 'base' | 'xl' | '3xl';
  /** Shows `+` and colours what came in: for movements, not for balances. */
  signed?: boolean;
  className?: string;
}

const SIZES = {
  sm: 'text-sm',
  base: '',
  xl: 'text-xl font-semibold',
  '3xl': 'text-3xl font-semibold tracking-tight',
};

export function Money({ minor, asset, scale, size = 'base', signed, className }: MoneyProps) {
  const text = minor.toString();
  const comesIn = signed && !text.startsWith('-') && !/^0+$/.test(text);
  return (
    <span className={cx('figures whitespace-nowrap', SIZES[size], comesIn && 'text-good', className)}>
      {comesIn && '+'}
      {formatMinor(minor, asset, scale)}
      <span
        className={cx(
          'ml-1 font-normal',
          !comesIn && 'text-ink-3',
          size === '3xl' ? 'text-lg' : 'text-[0.85em]',
        )}
      >
        {asset}
      </span>
    </span>
  );
}

/** A moment. In words beside it, exactly in the tooltip. */
export function Timestamp({
  at,
  precision = 'minute',
  relative,
}: {
  at: string;
  precision?: Precision;
  relative?: boolean;
}) {
  return (
    <time dateTime={at} title={at} className="figures whitespace-nowrap">
      {relative ? formatRelative(at) : formatTime(at, precision)}
    </time>
  );
}

/** A business day, which belongs to no time zone. */
export const Day = ({ day }: { day: string }) => (
  <time dateTime={day} className="figures whitespace-nowrap">
    {formatDay(day)}
  </time>
);

/** A fingerprint, shortened in the middle; the whole of it is copied. */
export function Hash({ value, label, whole }: { value: string; label?: string; whole?: boolean }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1 align-bottom">
      <code
        title={value}
        className={cx('figures font-mono text-[0.9em]', whole ? 'break-all' : 'whitespace-nowrap')}
      >
        {whole ? value : shortHash(value)}
      </code>
      <CopyButton value={value} {...(label ? { label } : {})} />
    </span>
  );
}

export type Mood = 'neutral' | 'accent' | 'good' | 'warn' | 'bad';
const MOODS: Record<Mood, string> = {
  neutral: 'bg-sunken text-ink-2 border-line',
  accent: 'bg-accent-soft text-accent border-transparent',
  good: 'bg-good-soft text-good border-transparent',
  warn: 'bg-warn-soft text-warn border-transparent',
  bad: 'bg-bad-soft text-bad border-transparent',
};
const ICONS: Partial<Record<Mood, typeof Clock>> = { good: CircleCheck, warn: Clock, bad: CircleX };

/** A state in a word. The icon says it to those who see no colours. */
export function Badge({
  mood = 'neutral',
  icon = true,
  children,
}: {
  mood?: Mood;
  icon?: boolean | ReactNode;
  children: ReactNode;
}) {
  const Icon = ICONS[mood];
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1 rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap',
        MOODS[mood],
      )}
    >
      {icon === true ? Icon && <Icon aria-hidden className="size-3" /> : icon}
      {children}
    </span>
  );
}

/** Names and values, as a page or a drawer shows an object. */
export function Facts({
  items,
  className,
}: {
  items: readonly (readonly [ReactNode, ReactNode] | false | null | undefined)[];
  className?: string;
}) {
  return (
    <dl className={cx('divide-y divide-line', className)}>
      {items.map(
        (item, place) =>
          item && (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list of facts keeps its order
            <div key={place} className="grid grid-cols-1 gap-x-4 py-2.5 sm:grid-cols-[11rem_1fr]">
              <dt className="text-sm text-ink-3">{item[0]}</dt>
              <dd className="min-w-0 break-words">{item[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export type Outcome = 'passed' | 'failed' | 'running' | 'waiting' | 'skipped';
export interface ProofStep {
  name: ReactNode;
  outcome: Outcome;
  /** What was compared, or why it failed. */
  about?: ReactNode;
}

const OUTCOMES: Record<Outcome, { icon: typeof Clock; className: string }> = {
  passed: { icon: CircleCheck, className: 'text-good' },
  failed: { icon: CircleX, className: 'text-bad' },
  running: { icon: CircleDashed, className: 'animate-spin text-accent' },
  waiting: { icon: CircleDashed, className: 'text-ink-3' },
  skipped: { icon: CircleAlert, className: 'text-warn' },
};

/** A proof, checked in this browser, step by step. */
export function ProofSteps({
  steps,
  words,
}: {
  steps: readonly ProofStep[];
  words: Record<Outcome, string>;
}) {
  return (
    <ol className="divide-y divide-line rounded-lg border border-line">
      {steps.map((step, place) => {
        const { icon: Icon, className } = OUTCOMES[step.outcome];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a proof keep their order
          <li key={place} className="flex items-start gap-3 px-3.5 py-2.5">
            <Icon aria-hidden className={cx('mt-0.5 size-5 shrink-0', className)} />
            <div className="min-w-0">
              <p className="font-medium">
                {step.name}
                <span className="sr-only">: {words[step.outcome]}</span>
              </p>
              {step.about && <div className="text-sm break-words text-ink-2">{step.about}</div>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
