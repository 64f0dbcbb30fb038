/** Customers for the tests of their pages: enrolled by the console's own library in the browser that will be used. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import type { BankHandle } from './bank';
import { test as base } from './test';

type Library = typeof import('../src/bank');

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html' };
const PAGE =
  '<!doctype html><html lang="en"><title>library</title><script type="module" src="page.js"></script>';
const PATH = '/e2e-library/';

/** The library on a page of the bank's own origin: what it stores there, the console finds. */
async function library(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    base: PATH,
    root: join(import.meta.dirname, '../src/bank/e2e'),
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      rollupOptions: {
        input: { page: join(import.meta.dirname, '../src/bank/e2e/page.ts') },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  });
}

export interface Person {
  id: string;
  name: string;
  /** Number of the account that was opened, where one was. */
  number: string;
  account: string;
}

let people = 0;

/** Enrols a customer in this page, signs in, and opens an account with some euros. */
export async function become(
  page: Page,
  bank: BankHandle,
  folder: string,
  name: string,
  euros: string | null,
): Promise<Person> {
  people += 1;
  const email = `c${process.pid}-${people}-${Date.now()}@customers.example`;
  const policy = (await page.request.get(`${bank.origin}/login`)).headers()['content-security-policy'] ?? '';
  await page.route(`**${PATH}**`, (route) => {
    const file = new URL(route.request().url()).pathname.slice(PATH.length);
    return route.fulfill({
      body: file === '' ? PAGE : readFileSync(join(folder, file)),
      headers: {
        'content-type': TYPES[file === '' ? '.html' : extname(file)] ?? 'application/octet-stream',
        'content-security-policy': policy,
      },
    });
  });
  await page.goto(`${bank.origin}${PATH}`);
  await page.waitForFunction(() => 'strongroom' in globalThis);
  const person = await page.evaluate(
    async ([name, email, opens]) => {
      const lib = (globalThis as unknown as { strongroom: Library }).strongroom;
      const there = await lib.Bank.connect();
      const tier = await lib.bestTier(there.store);
      await lib.enrol(there, await lib.register(there, name ?? '', email ?? ''), tier);
      const session = await lib.Session.signIn(there);
      const account = lib.uuid7();
      if (opens) {
        const body = { account, asset: 'EUR', owner: session.userId, kind: 'liability' } as const;
        await session.submit(await session.draft(lib.wish('account.open', body)));
      }
      return { id: session.userId, name: name ?? '', account, number: lib.accountNumberOf(account) };
    },
    [name, email, euros === null ? '' : 'opens'],
  );
  if (euros !== null && euros !== '0') bank.cli('manager', 'fund', person.number, `${euros} EUR`, '--yes');
  return person;
}

interface Fixtures {
  /** Becomes a customer in the test's page, with this many euros; `null`: without an account. */
  /** A payment of that customer, in cents, right after `enter`. */
  pay: (from: Person, to: string, cents: string, memo: string) => Promise<void>;
  enter: (euros: string | null, name?: string, page?: Page, bank?: BankHandle) => Promise<Person>;
}

export const test = base.extend<Fixtures, { libraryFolder: string; payee: string }>({
  libraryFolder: [
    // biome-ignore lint/correctness/noEmptyPattern: the first argument must be a pattern
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'strongroom-library-'));
      await library(folder);
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  /** The number of somebody else's account, who is called Bob Born. */
  payee: [
    async ({ bank }, use, info) =>
      use(bank.customer(`bob-${info.workerIndex}-${process.pid}`, 'Bob Born', '0')),
    { scope: 'worker' },
  ],
  pay: async ({ page }, use) => {
    await use(async ({ account }, to, cents, memo) => {
      await page.evaluate(
        async ([debit = '', number = '', amount = '', memo = '']) => {
          const lib = (globalThis as unknown as { strongroom: Library }).strongroom;
          const session = await lib.Session.resume(await lib.Bank.connect());
          if (!session) throw new Error('nobody is signed in');
          const { id } = await session.get<{ id: string }>(`/api/accounts/resolve/${number}`);
          const body = { debit, credit: id, amount, asset: 'EUR' };
          await session.submit(await session.draft(lib.wishWithDetails('transfer', body, { memo })));
        },
        [account, to, cents, memo],
      );
    });
  },
  enter: async ({ page, bank, libraryFolder }, use) => {
    await use((euros, name = 'Alice Archer', where = page, which = bank) =>
      become(where, which, libraryFolder, name, euros),
    );
  },
});
