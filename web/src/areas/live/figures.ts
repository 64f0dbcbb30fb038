/** What the samples say. Pure: numbers in, numbers out. */
import type { Schemas } from '../../api/client';
import type { Sample } from './feed';

export type Counts = Record<string, number>;
type Info = Schemas['SecurityInfo'];

/** Outcomes that refuse nothing. */
const ACCEPTED = new Set(['ok', 'held']);
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long before its end an authority's certificate is spoken of. */
const SOON_DAYS = 30;
/** Failed sign-ins within what is shown from which on it is no typing error. */
const MANY_REFUSED = 20;

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Counts of all samples together. */
export function summed(samples: readonly Sample[], of: (sample: Sample) => Counts): Counts {
  const sum: Counts = {};
  for (const sample of samples)
    for (const [key, count] of Object.entries(of(sample))) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

const only = (counts: Counts, wanted: (code: string) => boolean): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([code]) => wanted(code)));

export const acceptedOf = ({ decided }: Sample): number => total(only(decided, (code) => ACCEPTED.has(code)));
export const refusalsOf = ({ decided }: Sample): Counts => only(decided, (code) => !ACCEPTED.has(code));
export const refusedOf = (sample: Sample): number => total(refusalsOf(sample));

/** Per second, whatever the sample covers. */
export const perSecond = (count: number, { span_ms }: Sample): number => (count * 1000) / span_ms;

export const totalOf = (samples: readonly Sample[], of: (sample: Sample) => Counts): number =>
  total(summed(samples, of));

/** The highest first, of a few; the rest together. */
export function ranked(counts: Counts, most: number, rest: string): { label: string; value: number }[] {
  const rows = Object.entries(counts)
    .map(([label, value]) => ({ label, value }))
    .sort((a, b) => b.value - a.value || a.label.localeCompare(b.label));
  if (rows.length <= most) return rows;
  const shown = rows.slice(0, most - 1);
  const others = rows.slice(most - 1).reduce((sum, row) => sum + row.value, 0);
  return [...shown, { label: rest, value: others }];
}

export type Concern =
  | { code: 'database-silent' | 'crl-ended'; mood: 'bad'; count: number }
  | { code: 'commits-failed'; mood: 'bad'; count: number }
  | {
      code:
        | 'sign-in-locked'
        | 'many-sign-ins-refused'
        | 'rate-limited'
        | 'rotations-due'
        | 'webhooks-paused'
        | 'issuing-ends'
        | 'root-ends'
        | 'blocked';
      mood: 'warn';
      count: number;
    };

/** What somebody should look at, the worst first. */
export function concerns(samples: readonly Sample[], info: Info | undefined, now: number): Concern[] {
  const newest = samples.at(-1);
  const found: Concern[] = [];
  const bad = (code: Extract<Concern, { mood: 'bad' }>['code'], count: number) => {
    if (count > 0) found.push({ code, mood: 'bad', count });
  };
  const warn = (code: Extract<Concern, { mood: 'warn' }>['code'], count: number) => {
    if (count > 0) found.push({ code, mood: 'warn', count });
  };
  // The first samples of a watch were taken before anybody watched.
  bad('database-silent', newest && !newest.log && samples.some((sample) => sample.log) ? 1 : 0);
  bad(
    'commits-failed',
    samples.reduce((sum, sample) => sum + sample.commit_failures, 0),
  );
  if (info) {
    const { crl_next_update, issuing_not_after, root_not_after } = info.rotation;
    const days = (at: string) => Math.ceil((Date.parse(at) - now) / DAY_MS);
    bad('crl-ended', Date.parse(crl_next_update) < now ? 1 : 0);
    if (days(issuing_not_after) <= SOON_DAYS) warn('issuing-ends', Math.max(1, days(issuing_not_after)));
    if (days(root_not_after) <= SOON_DAYS) warn('root-ends', Math.max(1, days(root_not_after)));
  }
  const refused = totalOf(samples, (sample) => sample.sign_ins_refused);
  warn(
    'sign-in-locked',
    totalOf(samples, (sample) => sample.sign_in_locks),
  );
  warn('many-sign-ins-refused', refused >= MANY_REFUSED ? refused : 0);
  warn('blocked', summed(samples, (sample) => sample.risk)['block'] ?? 0);
  warn(
    'rate-limited',
    totalOf(samples, (sample) => sample.rate_limited),
  );
  warn('rotations-due', newest?.rotations_due ?? 0);
  warn('webhooks-paused', newest?.webhooks_paused ?? 0);
  return found;
}

/** Seconds of work whose answers were measured: the middle of a quiet second is not zero, it is not there. */
export const milliseconds = (us: number, measured: number): number | null =>
  measured > 0 ? us / 1000 : null;
