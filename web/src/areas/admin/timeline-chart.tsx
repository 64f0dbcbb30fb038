import { LOCALE } from '../../text';
import { admin } from '../../text/en/admin';
import { ChartFrame, formatRelative, formatTime } from '../../ui';
import { daysLeft, type Ending, logPlace, TICKS } from './timeline';

const words = admin.pki;

const nameOf = (one: Ending): string => {
  const names = {
    root: () => words.root,
    issuing: words.issuing,
    overlap: words.overlap,
    list: () => words.list,
  };
  return names[one.what](one.generation);
};

const YEAR_DAYS = 365.25;
const years = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/** Years where there are several: nobody counts thousands of days. */
const remaining = (until: string, now: number): string => {
  const days = daysLeft(until, now);
  return days > 2 * YEAR_DAYS
    ? years.format(Math.round(days / YEAR_DAYS), 'year')
    : formatRelative(until, now);
};

/** How long each thing is still good, on a scale on which an hour and ten years are both seen. */
export function Timeline({ ends }: { ends: readonly Ending[] }) {
  const now = Date.now();
  const most = Math.max(1, ...ends.map((one) => daysLeft(one.until, now)));
  const next = ends[0];
  return (
    <ChartFrame
      title={words.timeline}
      summary={next ? words.timelineSummary(nameOf(next), remaining(next.until, now)) : words.ended}
      table={{
        head: words.timelineHead,
        rows: ends.map((one) => [
          nameOf(one),
          one.from ? formatTime(one.from) : admin.none,
          formatTime(one.until),
          Math.max(0, Math.floor(daysLeft(one.until, now))),
        ]),
      }}
    >
      <div aria-hidden className="grid gap-2.5">
        {ends.map((one) => {
          const left = daysLeft(one.until, now);
          return (
            <div
              key={`${one.what}${one.generation}`}
              className="grid items-center gap-x-3 text-sm sm:grid-cols-[12rem_1fr_7rem]"
            >
              <span className="truncate text-ink-2">{nameOf(one)}</span>
              <svg aria-hidden viewBox="0 0 100 8" preserveAspectRatio="none" className="h-2.5 w-full">
                <rect width="100" height="8" rx="1" fill="var(--sunken)" />
                <rect width={logPlace(left, most) * 100} height="8" rx="1" fill={`var(${one.color(left)})`} />
                {TICKS.filter((tick) => tick.days < most).map((tick) => (
                  <rect
                    key={tick.label}
                    x={logPlace(tick.days, most) * 100}
                    width="0.15"
                    height="8"
                    fill="var(--line-strong)"
                  />
                ))}
              </svg>
              <span className="figures text-ink-2 sm:text-right">{remaining(one.until, now)}</span>
            </div>
          );
        })}
        <div className="grid gap-x-3 text-xs text-ink-3 max-sm:hidden sm:grid-cols-[12rem_1fr_7rem]">
          <span />
          <svg aria-hidden className="h-4 w-full overflow-visible">
            {TICKS.filter((tick) => tick.days < most).map((tick) => (
              <text
                key={tick.label}
                x={`${logPlace(tick.days, most) * 100}%`}
                y="12"
                textAnchor="middle"
                fill="currentColor"
              >
                {tick.label}
              </text>
            ))}
          </svg>
        </div>
      </div>
    </ChartFrame>
  );
}
