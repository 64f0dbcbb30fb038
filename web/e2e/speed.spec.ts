/**
 * How long people wait in the browser, on a CPU slowed down four times: `npm run measure`, on a machine that does nothing
 * else. The figures go into docs/benchmarks.md. Chromium slows down the thread of the page and no worker: so there is none
 * here, and what a worker would do is done, and timed, on the slowed thread.
 */
import { cpus, loadavg } from 'node:os';
import type { Page } from '@playwright/test';
import { test } from './customer';
import { expect } from './test';

type Library = typeof import('../src/bank');

const SLOWER = 4;
const ROUNDS = 9;
/** Above this somebody notices. */
const SIGN_MS_MAX = 300;
const PROOF_MS_MAX = 200;

interface Seen {
  heading?: number;
  pressed?: number;
  sent?: number;
}
declare const window: Window & { seen: Seen; Worker?: unknown };

test.skip(!process.env['STRONGROOM_MEASURE'], 'measured when asked for: STRONGROOM_MEASURE=1');
test.describe.configure({ mode: 'default', timeout: 300_000 });

const rows: string[][] = [];
test.afterAll(() => {
  const [cpu] = cpus();
  const load = loadavg().map((one) => one.toFixed(1));
  const lines = [
    `${cpus().length} x ${cpu?.model}, load ${load.join(' ')}, ${ROUNDS} rounds, CPU slowed down ${SLOWER} times`,
    '| | median | fastest | slowest |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
  console.log(`\n${lines.join('\n')}\n`);
});

function tell(what: string, times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  rows.push([what, ...[median, sorted[0] ?? 0, sorted.at(-1) ?? 0].map((ms) => `${Math.round(ms)} ms`)]);
  return median;
}

async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
}

/** Notes in the page when the heading stands, a button is pressed, and the payment is sent. */
function note(): void {
  const seen: Seen = {};
  window.seen = seen;
  delete window.Worker;
  const look = () => {
    if (document.querySelector('h1'))
      requestAnimationFrame(() =>
        setTimeout(() => {
          seen.heading = performance.now();
        }),
      );
    else requestAnimationFrame(look);
  };
  look();
  document.addEventListener(
    'click',
    () => {
      seen.pressed = performance.now();
    },
    true,
  );
  const plain = window.fetch.bind(window);
  window.fetch = (asked, init) => {
    if (String(asked).endsWith('/api/transactions/transfer')) seen.sent = performance.now();
    return plain(asked, init);
  };
}

test('the first load of the sign-in page', { tag: '@desktop' }, async ({ browser, bank }) => {
  const paints: number[] = [];
  const headings: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(note);
    await slowDown(page);
    await page.goto(`${bank.origin}/login`);
    await page.waitForFunction(() => window.seen.heading !== undefined);
    await expect(page.getByRole('link', { name: /Open your access/ })).toBeVisible();
    const [paint, heading] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      window.seen.heading ?? 0,
    ]);
    paints.push(paint ?? 0);
    headings.push(heading ?? 0);
    await context.close();
  }
  tell('first load, something is painted', paints);
  tell('first load, the heading stands and the page answers', headings);
});

test('from pressing Sign to the request, keys in software', { tag: '@desktop' }, async ({
  page,
  enter,
  payee,
}) => {
  await enter('50');
  await page.addInitScript(note);
  await page.goto('/transfer');
  await page.getByText('Number', { exact: true }).click();
  await page.getByLabel('Account number').fill(payee);
  await page.getByLabel('Amount').fill('5');
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Continue to sign' }).click();
  // Nothing is paid: so that no limit is reached, and the same button is there again.
  await page.route('**/api/transactions/transfer', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      json: { code: 'measured', title: 'Measured', status: 422, request_id: 'measured' },
    }),
  );
  await slowDown(page);
  const times: number[] = [];
  const sign = page.getByRole('button', { name: 'Sign and send' });
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.evaluate(() => {
      delete window.seen.sent;
    });
    await sign.click();
    await page.waitForFunction(() => window.seen.sent !== undefined);
    times.push(await page.evaluate(() => (window.seen.sent ?? 0) - (window.seen.pressed ?? 0)));
    await expect(page.getByText('Measured', { exact: true })).toBeVisible();
    await expect(sign).toBeEnabled();
  }
  expect(tell('sign, keys in software', times)).toBeLessThan(SIGN_MS_MAX);
});

test('the proof of a receipt, in the browser', { tag: '@desktop' }, async ({ page, enter, payee }) => {
  const me = await enter('50');
  const bundle = await page.evaluate(
    async ([debit = '', number = '']) => {
      const lib = (globalThis as unknown as { strongroom: Library }).strongroom;
      const session = await lib.Session.resume(await lib.Bank.connect());
      if (!session) throw new Error('nobody is signed in');
      const { id: credit } = await session.get<{ id: string }>(`/api/accounts/resolve/${number}`);
      const body = { debit, credit, amount: '100', asset: 'EUR' };
      const draft = await session.draft(lib.wishWithDetails('transfer', body, { memo: 'Measured' }));
      return lib.receiptBundle((await session.submit(draft)).receipt);
    },
    [me.account, payee],
  );
  await slowDown(page);
  const first: number[] = [];
  const further: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Anew, so that nothing is compiled yet: as for somebody who opens one receipt.
    await page.reload();
    await page.waitForFunction(() => 'strongroom' in globalThis);
    const times = await page.evaluate(async (bundle) => {
      const lib = (globalThis as unknown as { strongroom: Library }).strongroom;
      const { trust } = await lib.Bank.connect();
      const times: number[] = [];
      for (let again = 0; again < 2; again += 1) {
        const from = performance.now();
        const { steps } = await lib.verifyReceipt(lib.parseReceipt(bundle), trust);
        times.push(performance.now() - from);
        if (steps.some(({ outcome }) => outcome !== 'passed')) throw new Error('not proved');
      }
      return times;
    }, bundle);
    first.push(times[0] ?? 0);
    further.push(times[1] ?? 0);
  }
  expect(tell('proof of a receipt, all eight steps, the first of a visit', first)).toBeLessThan(PROOF_MS_MAX);
  tell('proof of a receipt, a further one', further);
});
