import { describe, expect, it } from 'vitest';
import { readEvents, type Sample } from './feed';
import { concerns, milliseconds, perSecond, ranked, refusalsOf, refusedOf, summed } from './figures';

const QUIET = { count: 0, p50_us: 0, p95_us: 0, p99_us: 0 };
const sample = (part: Partial<Sample> = {}): Sample => ({
  v: '1',
  at: '2026-11-22T10:00:00.000000Z',
  span_ms: 1000,
  answers: {},
  request_latency: QUIET,
  in_work: 0,
  decided: {},
  kinds: {},
  commit_latency: QUIET,
  commit_failures: 0,
  risk: {},
  sign_ins: {},
  sign_ins_refused: {},
  sign_in_locks: {},
  rate_limited: {},
  tls: {},
  tls_since_start: {},
  rotations_due: 0,
  webhooks_paused: 0,
  streams: 1,
  log: { size: '4', checkpoint_signed_at: null },
  ...part,
});

const streamed = (...parts: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });

describe('a stream of events', () => {
  it('is read across chunks, and comments are passed over', async () => {
    const told = [];
    for await (const one of readEvents(
      streamed(': watching\n\nevent: sam', 'ple\ndata: {"a":1}\n', '\nid: 4\n\ndata: 2\n\nevent: cut'),
    ))
      told.push(one);
    expect(told).toEqual([
      { event: 'sample', data: '{"a":1}' },
      { event: 'message', data: '2' },
    ]);
  });
});

describe('figures', () => {
  it('tell a held payment from a refused one, and rates from counts', () => {
    const one = sample({ span_ms: 500, decided: { ok: 3, held: 1, 'insufficient-funds': 2 } });
    expect(refusedOf(one)).toBe(2);
    expect(refusalsOf(one)).toEqual({ 'insufficient-funds': 2 });
    expect(perSecond(2, one)).toBe(4);
    expect(milliseconds(1500, 1)).toBe(1.5);
    expect(milliseconds(0, 0)).toBeNull();
  });

  it('put the highest first and the rest together', () => {
    const counts = summed(
      [sample({ decided: { a: 1, b: 5 } }), sample({ decided: { a: 2, c: 1, d: 1 } })],
      (one) => one.decided,
    );
    expect(ranked(counts, 3, 'others')).toEqual([
      { label: 'b', value: 5 },
      { label: 'a', value: 3 },
      { label: 'others', value: 2 },
    ]);
  });

  it('name what needs attention, the worst first, and nothing on a quiet day', () => {
    expect(concerns([sample()], undefined, 0)).toEqual([]);
    const { log: _, ...silent } = sample({ rotations_due: 2, commit_failures: 1 });
    const found = concerns(
      [sample({ sign_in_locks: { person: 1 }, risk: { block: 3 } }), silent],
      undefined,
      0,
    );
    expect(found.map(({ code, count }) => [code, count])).toEqual([
      ['database-silent', 1],
      ['commits-failed', 1],
      ['sign-in-locked', 1],
      ['blocked', 3],
      ['rotations-due', 2],
    ]);
  });
});
