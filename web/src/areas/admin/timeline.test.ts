import { expect, it } from 'vitest';
import { daysLeft, endings, logPlace } from './timeline';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const rotation = {
  issuing_not_before: '2026-01-01T00:00:00Z',
  issuing_not_after: '2031-01-01T00:00:00Z',
  root_not_after: '2046-01-01T00:00:00Z',
  crl_number: '3',
  crl_this_update: '2026-11-21T23:30:00Z',
  crl_next_update: '2026-11-22T00:30:00Z',
};

it('shows what ends next first, the overlap of what retires, and nothing of what has retired', () => {
  const of = (generation: string, status: string) => ({
    generation,
    status,
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2031-01-01T00:00:00Z',
    active_until: '2026-11-01T00:00:00Z',
    retires_at: '2026-12-01T00:00:00Z',
  });
  const found = endings({ rotation }, [of('3', 'active'), of('2', 'retiring'), of('1', 'retired')]);
  expect(found.map((one) => one.what + one.generation)).toEqual(['list', 'overlap2', 'issuing3', 'root']);
  expect(found[0]?.color(daysLeft(rotation.crl_next_update, NOW))).toBe('--good');
  expect(found[0]?.color(-1)).toBe('--bad');
  expect(found[2]?.color(20)).toBe('--warn');
});

it('an hour is seen beside ten years, and what has ended is nowhere', () => {
  expect(logPlace(3650, 3650)).toBe(1);
  expect(logPlace(1 / 24, 3650)).toBeGreaterThan(0.05);
  expect(logPlace(-3, 3650)).toBe(0);
});
