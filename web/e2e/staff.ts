/**
 * People of the bank in browsers of their own. Their pages of entry have tests of their own; here the protocol library
 * that the console was built with is asked in the page itself to make keys and to sign in.
 */
import { type Page, test } from '@playwright/test';
import type { BankHandle, StaffRole } from './bank';

type Library = typeof import('../src/bank');
declare const window: Window & { library: Library; pairing: Awaited<ReturnType<Library['beginPairing']>> };

/** Loads the built library into the page. */
async function load(page: Page, address = '/login'): Promise<void> {
  await page.goto(address);
  await page.evaluate(async (path) => {
    // Under its own names, or as one object with them: the bundler decides.
    const chunk = (await import(path)) as Record<string, unknown>;
    const found = [chunk, ...Object.values(chunk)].find(
      (one) => typeof one === 'object' && one !== null && 'Bank' in one && 'Session' in one,
    );
    window.library = found as Library;
  }, '/assets/bank.js');
}

const settle = async (page: Page, path: string): Promise<void> => {
  await page.goto(path);
  // Hidden counts: an open drawer hides the frame from whoever listens.
  await page
    .getByRole('button', { name: 'You and this session', includeHidden: true })
    .waitFor({ timeout: 30_000 });
};

interface TrailRow {
  user: string;
  role: string;
}

/** The id of a founding member of staff, from the trail. */
const staffId = (bank: BankHandle, role: StaffRole): string => {
  const rows = bank.json<TrailRow[]>(
    'auditor_clerk',
    'audit',
    'logs',
    '--kind',
    'user.enrol',
    '--limit',
    '500',
  );
  // Newest first: the first one of the role was there before any test invited another.
  const found = rows.filter((row) => row.role === role).at(-1);
  if (!found) throw new Error(`nobody is ${role}`);
  return found.user;
};

/** Makes this browser a second device of a founding member of staff, approved on the command line, and signs in. */
export async function enterAs(page: Page, bank: BankHandle, role: StaffRole, path = '/'): Promise<void> {
  await load(page);
  const user = { id: staffId(bank, role), role, name: role };
  const pair = () =>
    page.evaluate(async (user) => {
      const { Bank, beginPairing, hasNativeSigning } = window.library;
      const tier = (await hasNativeSigning()) ? 'device' : 'worker';
      window.pairing = await beginPairing(await Bank.connect(), user, 'a browser', tier);
      return window.pairing.text;
    }, user);
  const text = await pair().catch((error) => whenAllowed(page, error, pair));
  bank.cli(role, 'devices', 'approve', text, '--yes');
  await page.evaluate(async () => {
    await window.pairing.enrol();
    const { Bank, Session } = window.library;
    await Session.signIn(await Bank.connect());
  });
  await settle(page, path);
}

const PAIRINGS_WINDOW_MS = 310_000;
const LOOK_MS = 15_000;

/** A person pairs five times in five minutes: what comes after that waits, as a person would. */
async function whenAllowed<T>(page: Page, refused: unknown, ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PAIRINGS_WINDOW_MS;
  test.setTimeout(test.info().timeout + PAIRINGS_WINDOW_MS);
  let error = refused;
  while (String(error).includes('Too much at once') && Date.now() < end) {
    await page.waitForTimeout(LOOK_MS);
    try {
      return await ask();
    } catch (again) {
      error = again;
    }
  }
  throw error;
}

/** Somebody who was invited. */
export interface Invited {
  user: string;
  name: string;
  token: string;
}

/** Invites a manager in the name of the administrator, who has entered in `page`. */
export async function invite(page: Page, name: string): Promise<Invited> {
  await load(page);
  return page.evaluate(async (name) => {
    const { Bank, Session, inviteWish, intentDigest, uuid7, base64url } = window.library;
    const session = await Session.resume(await Bank.connect());
    if (!session) throw new Error('nobody is signed in');
    const token = crypto.getRandomValues(new Uint8Array(32));
    const user = uuid7();
    const body = { user, role: 'manager' as const, registration: intentDigest(token) };
    await session.submit(await session.draft(inviteWish(body, { name, email: `${user}@staff.example` })));
    return { user, name, token: base64url(token) };
  }, name);
}

/** Enrols and signs in somebody who was invited, and approved. */
export async function redeem(page: Page, invited: Invited, path = '/'): Promise<void> {
  await load(page);
  await page.evaluate(async ({ user: id, name, token }) => {
    const { Bank, Session, enrol, fromBase64url, hasNativeSigning } = window.library;
    const bytes = fromBase64url(token);
    if (!bytes) throw new Error('no token');
    const bank = await Bank.connect();
    const tier = (await hasNativeSigning()) ? 'device' : 'worker';
    await enrol(bank, { user: { id, role: 'manager', name }, token: bytes }, tier);
    await Session.signIn(bank);
  }, invited);
  await settle(page, path);
}

/** A customer and their account in euros. */
export interface Customer {
  user: string;
  name: string;
  account: string;
  number: string;
}

/** Enrols a customer in this browser, who opens an account. */
export async function becomeCustomer(page: Page, name: string): Promise<Customer> {
  await load(page);
  return page.evaluate(async (name) => {
    const { Bank, Session, accountNumberOf, enrol, hasNativeSigning, register, uuid7, wish } = window.library;
    const bank = await Bank.connect();
    const registration = await register(bank, name, `${uuid7()}@customers.example`);
    await enrol(bank, registration, (await hasNativeSigning()) ? 'device' : 'worker');
    const session = await Session.signIn(bank);
    const account = uuid7();
    const owner = session.userId;
    await session.submit(
      await session.draft(wish('account.open', { account, asset: 'EUR', owner, kind: 'liability' })),
    );
    return { user: owner, name, account, number: accountNumberOf(account) };
  }, name);
}

/** Pays as the customer of this browser. Answers the payment's id and what the bank said of it. */
export async function pay(
  page: Page,
  debit: string,
  credit: string,
  minor: string,
  memo: string,
): Promise<{ id: string; code: string }> {
  await load(page);
  return page.evaluate(
    async ({ debit, credit, minor, memo }) => {
      const { Bank, Session, wishWithDetails } = window.library;
      const session = await Session.resume(await Bank.connect());
      if (!session) throw new Error('nobody is signed in');
      const prepared = wishWithDetails('transfer', { debit, credit, amount: minor, asset: 'EUR' }, { memo });
      const { receipt } = await session.submit(await session.draft(prepared));
      return { id: receipt.intentId, code: receipt.code };
    },
    { debit, credit, minor, memo },
  );
}

/** Signs something as whoever has entered in this page. Answers its id. */
export async function sign(
  page: Page,
  address: string,
  kind: 'policy.propose' | 'policy.approve',
  body: object,
): Promise<string> {
  await load(page, address);
  return page.evaluate(
    async ({ kind, body }) => {
      const { Bank, Session, wish } = window.library;
      const session = await Session.resume(await Bank.connect());
      if (!session) throw new Error('nobody is signed in');
      const { receipt } = await session.submit(await session.draft(wish(kind, body as never)));
      return receipt.intentId;
    },
    { kind, body },
  );
}

/** Lets one person pay much to somebody new; the rest of the bank keeps its limits. */
export function liftLimits(bank: BankHandle, user: string): void {
  const value = '{"new_payee":1000000,"per_transfer":1000000,"per_day":10000000,"per_minute":100}';
  const { proposal } = bank.json<{ proposal: string }>(
    'manager',
    'policies',
    'propose',
    'limits',
    `user:${user}`,
    value,
    '--yes',
  );
  bank.cli('system_admin', 'policies', 'approve', proposal, '--yes');
}
