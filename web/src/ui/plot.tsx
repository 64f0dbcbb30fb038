import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../app/theme';
import { LOCALE } from '../text';
import type { SeriesData } from './charts';

/** Redrawn at most so often: eyes do not read faster. */
const REDRAW_MS = 1000;

const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const aligned = (data: SeriesData): uPlot.AlignedData =>
  [data.times as number[], ...data.series.map((one) => one.values as (number | null)[])] as uPlot.AlignedData;

/** The canvas of a live chart; what it shows is said around it. */
export default function Plot({
  data,
  height,
  format,
}: {
  data: SeriesData;
  height: number;
  format: (value: number) => string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;
  const theme = useTheme();
  const shape = data.series.map((one) => `${one.label}${one.color}`).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot is made anew when its lines or colours change, not its numbers
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const probe = document.createElement('span');
    element.append(probe);
    // Asked right after it changed: a colour on its way would be the one before.
    probe.style.setProperty('transition', 'none', 'important');
    // A canvas does not know light-dark(): the browser says which colour it comes to.
    const color = (name: string): string => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const axis = {
      stroke: color('--ink-3'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
      font: `11px ${style.fontFamily}`,
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 8, 0, 0],
        axes: [
          { ...axis, size: 28, values: (_, ticks) => ticks.map((at) => clock.format(at * 1000)) },
          { ...axis, size: 52, values: (_, ticks) => ticks.map(format) },
        ],
        scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.1)] } },
        series: [
          {},
          ...latest.current.series.map((one) => ({
            label: one.label,
            stroke: color(one.color),
            width: 1.5,
            points: { show: false },
          })),
        ],
      },
      aligned(latest.current),
      element,
    );
    probe.remove();
    plot.current = made;
    const fitted = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    fitted.observe(element);
    let drawn = latest.current;
    const timer = setInterval(() => {
      if (drawn === latest.current) return;
      drawn = latest.current;
      made.setData(aligned(drawn));
    }, REDRAW_MS);
    return () => {
      clearInterval(timer);
      fitted.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme.shown, height, format]);

  return <div ref={box} aria-hidden className="w-full overflow-hidden" />;
}
