/** Figures and times as people read them. No arithmetic on money happens here: digits are only set apart. */
import { LOCALE } from '../text';

const CURRENCY_DIGITS = new Map<string, number>();

/** Decimal places of an asset where nothing says so: those of ISO 4217, and none of what is no currency. */
function scaleOf(asset: string): number {
  let digits = CURRENCY_DIGITS.get(asset);
  if (digits === undefined) {
    try {
      digits =
        new Intl.NumberFormat('en', { style: 'currency', currency: asset }).resolvedOptions()
          .maximumFractionDigits ?? 0;
    } catch {
      digits = 0;
    }
    CURRENCY_DIGITS.set(asset, digits);
  }
  return digits;
}

/** `"-123456"` of a scale of 2 as `−1,234.56`. Exact at any size: the text is never a number. */
export function formatMinor(minor: string | bigint, asset: string, scale = scaleOf(asset)): string {
  const text = minor.toString();
  const negative = text.startsWith('-');
  const digits = text.replace('-', '').padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const decimal = scale > 0 ? `${whole}.${digits.slice(-scale)}` : whole;
  const parts = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: scale, maximumFractionDigits: scale });
  return `${negative ? '−' : ''}${parts.format(decimal as unknown as number)}`;
}

export const formatMoney = (minor: string | bigint, asset: string, scale?: number): string =>
  `${formatMinor(minor, asset, scale)} ${asset}`;

export const formatCount = (count: number | bigint): string => new Intl.NumberFormat(LOCALE).format(count);

export type Precision = 'day' | 'minute' | 'second';

const STYLES: Record<Precision, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short', year: 'numeric' },
  minute: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  second: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
};

export const formatTime = (at: string | Date, precision: Precision = 'minute'): string =>
  new Intl.DateTimeFormat(LOCALE, STYLES[precision]).format(new Date(at));

/** A business day has no time zone: `2026-11-22` is that day everywhere. */
export const formatDay = (day: string): string =>
  new Intl.DateTimeFormat(LOCALE, { ...STYLES.day, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `3 minutes ago`, `in 2 days`. */
export function formatRelative(at: string | Date, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(Math.trunc(seconds), 'second');
}

const SHOWN = 6;
export const shortHash = (hash: string): string =>
  hash.length <= 2 * SHOWN + 1 ? hash : `${hash.slice(0, SHOWN)}…${hash.slice(-SHOWN)}`;
