/** What ends when. Pure. */
import type { Schemas } from '../../api/client';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Below so many days it is time. */
const SOON = { authority: 30, list: 0.01 };
/** An hour is seen beside ten years: places grow with the logarithm of hours. */
const HOURS = 24;

export interface Ending {
  what: 'root' | 'issuing' | 'overlap' | 'list';
  generation: string;
  from?: string;
  until: string;
  color: (days: number) => '--good' | '--warn' | '--bad' | '--accent';
}

export const TICKS = [
  { days: 1 / 24, label: '1 hour' },
  { days: 1, label: '1 day' },
  { days: 30, label: '30 days' },
  { days: 365, label: '1 year' },
  { days: 3650, label: '10 years' },
] as const;

export const daysLeft = (until: string, now: number): number => (Date.parse(until) - now) / DAY_MS;

/** From 0, now, to 1, the last of all. */
export const logPlace = (days: number, most: number): number =>
  Math.min(1, Math.max(0, Math.log1p(Math.max(0, days) * HOURS) / Math.log1p(most * HOURS)));

const coloured =
  (soon: number, usual: '--good' | '--accent') =>
  (days: number): ReturnType<Ending['color']> =>
    days <= 0 ? '--bad' : days <= soon ? '--warn' : usual;

/** The next to end first. */
export function endings(
  info: Pick<Schemas['SecurityInfo'], 'rotation'>,
  authorities: readonly Pick<
    Schemas['AuthorityView'],
    'generation' | 'not_before' | 'not_after' | 'status' | 'active_until' | 'retires_at'
  >[],
): Ending[] {
  const { rotation } = info;
  const found: Ending[] = [
    {
      what: 'root',
      generation: '',
      until: rotation.root_not_after,
      color: coloured(SOON.authority, '--accent'),
    },
    {
      what: 'list',
      generation: '',
      from: rotation.crl_this_update,
      until: rotation.crl_next_update,
      color: coloured(SOON.list, '--good'),
    },
  ];
  for (const one of authorities) {
    if (one.status === 'retired') continue;
    const { generation } = one;
    if (one.status === 'retiring' && one.retires_at) {
      const from = one.active_until ? { from: one.active_until } : {};
      const color = coloured(0, '--accent');
      found.push({ what: 'overlap', generation, ...from, until: one.retires_at, color });
    } else {
      const color = coloured(SOON.authority, '--good');
      found.push({ what: 'issuing', generation, from: one.not_before, until: one.not_after, color });
    }
  }
  return found.sort((a, b) => Date.parse(a.until) - Date.parse(b.until));
}
