import { Check } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { common } from '../text';
import { cx } from './cx';

/** Where one is among a few steps. */
export function Steps({ steps, current }: { steps: readonly string[]; current: number }) {
  return (
    <nav aria-label={common.progress}>
      <p className="text-sm text-ink-2 sm:hidden">
        {common.stepOf(current + 1, steps.length)} ·{' '}
        <span className="font-medium text-ink">{steps[current]}</span>
      </p>
      <ol className="hidden items-center gap-2 sm:flex">
        {steps.map((step, place) => {
          const done = place < current;
          const here = place === current;
          return (
            <li
              key={step}
              aria-current={here ? 'step' : undefined}
              className="flex flex-1 items-center gap-2 last:flex-none"
            >
              <span
                aria-hidden
                className={cx(
                  'figures grid size-6 shrink-0 place-items-center rounded-full border text-xs font-semibold',
                  done && 'border-transparent bg-accent text-accent-ink',
                  here && 'border-accent text-accent',
                  !done && !here && 'border-line-strong text-ink-3',
                )}
              >
                {done ? <Check className="size-3.5" /> : place + 1}
              </span>
              <span className={cx('text-sm whitespace-nowrap', here ? 'font-medium text-ink' : 'text-ink-3')}>
                {step}
                {done && <span className="sr-only"> ({common.done})</span>}
              </span>
              {place < steps.length - 1 && (
                <span aria-hidden className={cx('h-px flex-1', done ? 'bg-accent' : 'bg-line')} />
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** A heading that takes the focus when it comes: what is new is read out, and Tab goes on from there. */
export function StepHeading({
  children,
  focus = true,
  className,
}: {
  children: ReactNode;
  focus?: boolean;
  className?: string;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus();
  }, [focus]);
  return (
    <h2 ref={heading} tabIndex={-1} className={cx('text-xl font-semibold', className)}>
      {children}
    </h2>
  );
}
