import { Pause, Play } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useId, useState } from 'react';
import { common } from '../text';
import { Button } from './button';
import { Skeleton } from './states';

export interface Series {
  label: string;
  /** A custom property of the theme. */
  color: `--${string}`;
  values: readonly (number | null)[];
}

export interface SeriesData {
  /** Seconds since 1970, rising. */
  times: readonly number[];
  series: readonly Series[];
}

const Plot = lazy(() => import('./plot'));

interface FrameProps {
  title: ReactNode;
  /** What the chart shows now, in a sentence. */
  summary: ReactNode;
  /** The same numbers as rows. */
  table: { head: readonly string[]; rows: readonly (readonly (string | number)[])[] };
  action?: ReactNode;
  children: ReactNode;
}

/** What every chart has around it: a name, a sentence, and its numbers as a table. */
export function ChartFrame({ title, summary, table, action, children }: FrameProps) {
  const id = useId();
  return (
    <figure aria-labelledby={id} className="min-w-0">
      <div className="flex items-start justify-between gap-3">
        <figcaption className="min-w-0">
          <h3 id={id} className="text-sm font-medium">
            {title}
          </h3>
          <p className="figures text-sm text-ink-2">{summary}</p>
        </figcaption>
        {action}
      </div>
      <div className="mt-3">{children}</div>
      <details className="no-print mt-2 text-sm">
        <summary className="inline-block text-ink-3 underline decoration-dotted underline-offset-2 hover:text-ink">
          {common.asTable}
        </summary>
        <div
          className="mt-2 max-h-64 overflow-auto rounded-md border border-line"
          tabIndex={0}
          role="group"
          aria-label={common.asTable}
        >
          <table className="figures w-full text-left text-sm">
            <thead className="sticky top-0 bg-sunken text-xs text-ink-3">
              <tr>
                {table.head.map((name) => (
                  <th key={name} scope="col" className="px-3 py-1.5 font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows of numbers have no other name
                <tr key={place} className="border-t border-line">
                  {row.map((value, column) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: as above
                    <td key={column} className="px-3 py-1">
                      {value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

interface LiveProps {
  title: ReactNode;
  data: SeriesData;
  summary: (data: SeriesData) => ReactNode;
  format?: (value: number) => string;
  height?: number;
}

const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Lines that go on. Paused, they stand still with what they were; the data goes on being collected by whoever has it. */
export function LiveChart({ title, data, summary, format = String, height = 160 }: LiveProps) {
  const [held, setHeld] = useState<SeriesData | null>(null);
  const shown = held ?? data;
  const rows = shown.times.map((time, at) => [
    seconds.format(time * 1000),
    ...shown.series.map((one) => {
      const value = one.values[at];
      return value === null || value === undefined ? '' : format(value);
    }),
  ]);
  return (
    <ChartFrame
      title={title}
      summary={summary(shown)}
      table={{ head: [common.time, ...shown.series.map((one) => one.label)], rows: rows.reverse() }}
      action={
        <Button
          size="sm"
          tone="quiet"
          aria-pressed={held !== null}
          icon={held ? <Play aria-hidden className="size-3.5" /> : <Pause aria-hidden className="size-3.5" />}
          onClick={() => setHeld(held ? null : data)}
        >
          {held ? common.resume : common.pause}
        </Button>
      }
    >
      <Suspense fallback={<Skeleton className="h-40 w-full" />}>
        <Plot data={shown} height={height} format={format} />
      </Suspense>
      {shown.series.length > 1 && (
        <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
          {shown.series.map((one) => (
            <li key={one.label} className="flex items-center gap-1.5">
              <svg aria-hidden viewBox="0 0 12 4" className="h-1 w-3">
                <rect width="12" height="4" rx="2" fill={`var(${one.color})`} />
              </svg>
              {one.label}
            </li>
          ))}
        </ul>
      )}
    </ChartFrame>
  );
}

export interface Bar {
  label: string;
  value: number;
  color?: `--${string}`;
}

/** Bars that are read from the left, with their numbers at the end. */
export function Bars({
  title,
  bars,
  summary,
  format = String,
}: {
  title: ReactNode;
  bars: readonly Bar[];
  summary: ReactNode;
  format?: (value: number) => string;
}) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <ChartFrame
      title={title}
      summary={summary}
      table={{ head: [common.what, common.value], rows: bars.map((bar) => [bar.label, format(bar.value)]) }}
    >
      <div aria-hidden className="grid gap-2">
        {bars.map((bar) => (
          <div
            key={bar.label}
            className="grid grid-cols-[minmax(6rem,2fr)_minmax(3rem,3fr)_auto] items-center gap-3 text-sm"
          >
            <span className="truncate text-ink-2">{bar.label}</span>
            <svg
              aria-hidden
              viewBox="0 0 100 8"
              preserveAspectRatio="none"
              className="h-2 w-full overflow-hidden rounded-full"
            >
              <rect width="100" height="8" fill="var(--sunken)" />
              <rect width={(bar.value / most) * 100} height="8" fill={`var(${bar.color ?? '--accent'})`} />
            </svg>
            <span className="figures min-w-10 text-right">{format(bar.value)}</span>
          </div>
        ))}
      </div>
    </ChartFrame>
  );
}

/** A line in a line of text. Its meaning is said beside it: it is for the eye alone. */
export function Sparkline({ values, className }: { values: readonly number[]; className?: string }) {
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map(
    (value, at) =>
      `${((at / (values.length - 1)) * 98 + 1).toFixed(2)},${(27 - ((value - low) / span) * 26).toFixed(2)}`,
  );
  return (
    <svg aria-hidden viewBox="0 0 100 28" preserveAspectRatio="none" className={className ?? 'h-7 w-24'}>
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    </svg>
  );
}
