import { describe, expect, it } from 'vitest';
import { Problem, Unreachable } from './errors';
import { withoutPrf } from './passkey';
import { MemoryStore, withLock } from './store';
import { Transport } from './transport';

const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(
    JSON.stringify({ title: 'No', status, code, detail: 'why', field: 'email', request_id: 'r-1' }),
    {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    },
  );

const bank = (...answers: (Response | Error)[]) => {
  let asked = 0;
  const transport = new Transport('', async () => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer instanceof Response) return answer.clone();
    throw answer ?? new Error('nothing');
  });
  return { transport, asked: () => asked };
};

const ok = () => new Response('{"a":"b"}', { headers: { 'strongroom-instance': 'i-1' } });
const silence = new TypeError('no network');

describe('a problem', () => {
  it('is typed: code, detail, field, request id and when to come back', async () => {
    const { transport } = bank(problem(429, 'rate-limited', { 'retry-after': '30' }));
    const error = await transport.post('/x', {}).catch((e) => e);
    expect(error).toBeInstanceOf(Problem);
    const expected = {
      status: 429,
      code: 'rate-limited',
      detail: 'why',
      field: 'email',
      requestId: 'r-1',
      retryAfterS: 30,
    };
    expect(error).toMatchObject(expected);
  });

  it('of something in between has a code too', async () => {
    const { transport } = bank(new Response('<html>', { status: 502 }));
    await expect(transport.get('/x')).rejects.toMatchObject({
      code: 'http-502',
      status: 502,
      field: undefined,
    });
  });

  it('says what helps', () => {
    const of = (status: number, code: string) => new Problem({ status, code, title: 'No' });
    expect(of(403, 'authentication-not-fresh').wantsProof).toBe(true);
    expect(of(401, 'session-ended').isSessionOver).toBe(true);
    expect(of(401, 'proof-refused').isSessionOver).toBe(false);
    expect(of(503, 'unavailable').nothingHappened).toBe(true);
    expect(of(503, 'http-503').nothingHappened).toBe(false);
  });
});

describe('a request', () => {
  it('is sent again where the bank says that nothing happened', async () => {
    const { transport, asked } = bank(problem(503, 'overloaded'), problem(503, 'unavailable'), ok());
    expect(await transport.post('/x', {})).toEqual({ a: 'b' });
    expect(asked()).toBe(3);
    expect(transport.instance).toBe('i-1');
  });

  it.each([
    ['a 503 of somebody else', problem(503, 'http-503')],
    ['a time-out', problem(504, 'timed-out')],
    ['too many', problem(429, 'rate-limited', { 'retry-after': '1' })],
    ['an error', problem(500, 'internal')],
    ['silence', silence],
  ])('that changes something is not sent again after %s', async (_, answer) => {
    const { transport, asked } = bank(answer, ok());
    await expect(transport.post('/x', {})).rejects.toBeInstanceOf(Error);
    expect(asked()).toBe(1);
  });

  it('whose second sending is the first is sent again after silence, and not for ever', async () => {
    const { transport, asked } = bank(silence, problem(504, 'timed-out'), ok());
    expect(await transport.post('/x', {}, 'same')).toEqual({ a: 'b' });
    expect(asked()).toBe(3);
    const silent = bank(silence);
    await expect(silent.transport.get('/x')).rejects.toBeInstanceOf(Unreachable);
    expect(silent.asked()).toBe(4);
    const far = bank(problem(503, 'unavailable', { 'retry-after': '600' }));
    await expect(far.transport.get('/x')).rejects.toMatchObject({ retryAfterS: 600 });
    expect(far.asked()).toBe(1);
  });

  it('goes by the clock of the bank where this one is wrong', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toUTCString();
    const { transport } = bank(new Response('{}', { headers: { date: ahead } }));
    await transport.get('/x');
    const hour = transport.nowMicros() - BigInt(Date.now()) * 1000n;
    expect(Number(hour / 1_000_000n)).toBeGreaterThan(3_590);
  });
});

describe('what is kept', () => {
  it('is changed in one step, and by one at a time', async () => {
    const store = new MemoryStore();
    await Promise.all([...Array(20)].map(() => store.update('n', (n) => Number(n ?? 0) + 1)));
    expect(await store.get('n')).toBe(20);
    const order: string[] = [];
    const work = (name: string) =>
      withLock('test', async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        order.push(`${name} out`);
      });
    await Promise.all([work('a'), work('b')]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
    await store.delete('n');
    expect(await store.names('')).toEqual([]);
  });
});

it('takes what a passkey gives out of what is sent', () => {
  const json = {
    id: 'x',
    clientExtensionResults: { prf: { results: { first: 'secret' } }, credProps: { rk: true } },
  };
  expect(withoutPrf(json)).toEqual({ id: 'x', clientExtensionResults: { credProps: { rk: true } } });
  expect(JSON.stringify(withoutPrf(json))).not.toContain('secret');
  expect(withoutPrf({ id: 'x' })).toEqual({ id: 'x' });
});
