import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { Authenticator, expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

// Each makes keys in software, and is examined in both themes.
test.describe.configure({ timeout: 120_000 });
const KEYS_MS = 40_000;

const unique = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 7)}`;
const you = (page: Page) => page.getByRole('button', { name: 'You and this session' });

/** A customer whose keys are in this browser, signed in, on the page of their security. */
async function customer(page: Page, name: string): Promise<string> {
  const email = `${unique()}@customers.example`;
  await page.goto('/enrol');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Make my keys' }).click();
  await page.getByRole('button', { name: 'Go to my bank' }).click({ timeout: KEYS_MS });
  await expect(you(page)).toBeVisible();
  return email;
}

const open = (page: Page, tab: string) => page.goto(`/security?tab=${tab}`);

async function signOut(page: Page): Promise<void> {
  await you(page).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
}

async function typePassword(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/login');
  await page.getByText('Sign in without this device').click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in with the password' }).click();
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** What an authenticator shows (RFC 6238), so many steps from now. */
function totp(secret: string, steps = 0): string {
  const bits = [...secret.replace(/[\s=]/g, '')]
    .map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return ((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

test('a second device is paired by code and number, and revoked', async ({ page, another }) => {
  await customer(page, 'Alice Arden');
  await open(page, 'devices');
  await expect(page.getByText('This device', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('link', { name: 'Add a device' }).click();
  await expect(page.getByRole('img', { name: 'Address for the new device' })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the address' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'The new device shows a code' }).click();

  const second = await another();
  await second.goto('/pair');
  await second.getByLabel('Your link').fill('not this');
  await second.getByRole('button', { name: 'Show the code' }).click();
  await expect(second.getByText('This is no link of that page')).toBeVisible();
  await second.goto('about:blank');
  await second.goto(link);
  await expect(second.getByText('Becomes a device of Alice Arden')).toBeVisible();
  await expectAccessible(second);
  await expectNoSidewaysScroll(second);
  await second.getByLabel('What to call this device').fill('Kitchen tablet');
  await second.getByRole('button', { name: 'Show the code' }).click();
  const shown = second.getByTestId('match-number');
  await expect(shown).toBeVisible({ timeout: KEYS_MS });
  const number = (await shown.textContent()) ?? '';
  await second.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await second.getByRole('button', { name: 'Copy the text of the code' }).click();
  const code = await second.evaluate(() => navigator.clipboard.readText());
  await expectAccessible(second);
  await expectNoSidewaysScroll(second);

  await page.getByLabel('Text of the code').fill(code.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('The bank knows this code otherwise')).toBeVisible();
  await page.getByLabel('Text of the code').fill(code);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('Kitchen tablet')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel('Number that the new device shows').fill(number === '000000' ? '000001' : '000000');
  await page.getByRole('button', { name: 'Sign and let it in' }).click();
  await expect(page.getByText('The numbers differ')).toBeVisible();
  await page.getByLabel('Number that the new device shows').fill(number);
  await page.getByRole('button', { name: 'Sign and let it in' }).click();
  await expect(page.getByRole('heading', { name: 'The new device may come in' })).toBeVisible();

  await second.getByRole('button', { name: 'Finish' }).click();
  await expect(you(second)).toBeVisible({ timeout: KEYS_MS });
  await second.reload();
  await expect(you(second)).toHaveAccessibleName(/Alice Arden/);

  await page.getByRole('link', { name: 'Back to your devices' }).click();
  await page.getByRole('button', { name: 'Rename: Kitchen tablet' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Lost tablet');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Revoke: Lost tablet' }).click();
  await page.getByText('It was lost or stolen').click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Revoked')).toBeVisible();
  await second.goto('/security');
  await expect(second.getByText('Your session has ended')).toBeVisible();
  await second.getByRole('button', { name: 'Sign in with this device' }).click();
  await expect(second.getByText('The bank does not accept the keys of this browser any more')).toBeVisible();
  await expectAccessible(second);
});

test('a key is replaced, and its proof names both', { tag: '@desktop' }, async ({ page }) => {
  await Authenticator.plugInto(page);
  await customer(page, 'Bob Born');
  await open(page, 'devices');
  await expect(page.getByText('Locked by your passkey')).toBeVisible();
  await page.getByRole('link', { name: 'Replace the key' }).click();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Replace it now' }).click();
  await expect(page.getByRole('heading', { name: 'Your new key is in use' })).toBeVisible({
    timeout: KEYS_MS,
  });
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Back to your security' }).click();
  await page.getByRole('tab', { name: 'Proof' }).click();
  await expect(page.getByText('It leads to the bank’s root: passed')).toBeVisible();
  await expect(page.getByText('It descends from your first key: passed')).toBeVisible();
  await expect(page.getByText('2 generations')).toBeVisible();
  await expect(page.getByText('Replaced')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the certificates' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('certificate-chain.pem');
  await page.getByRole('tab', { name: 'Activity' }).click();
  await expect(page.getByText('The key was replaced')).toBeVisible();
  await expect(page.getByText('Signed in with a device').first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

test('password, authenticator and recovery codes open the door, each once', { tag: '@desktop' }, async ({
  page,
}) => {
  const email = await customer(page, 'Carol Cove');
  await open(page, 'signin');
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill('short');
  await page.getByRole('dialog').getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  const password = `a long sentence that nobody guesses ${unique()}`;
  await page.getByLabel('New password').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Set up an authenticator' }).click();
  const secret = (await page.getByTestId('totp-secret').textContent()) ?? '';
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel('The six digits that it shows').fill(totp(secret) === '123456' ? '654321' : '123456');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByText('The second factor was not accepted')).toBeVisible();
  await page.getByLabel('The six digits that it shows').fill(totp(secret, -1));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
  await expectAccessible(page);
  const codes = await page.getByRole('list', { name: 'Your recovery codes' }).locator('li').allTextContents();
  expect(codes).toHaveLength(10);
  await expect(page.getByRole('button', { name: 'Done' })).toBeDisabled();
  await page.getByLabel('I have kept them').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('10 left')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await signOut(page);

  await typePassword(page, email, 'not the password at all');
  await expect(page.getByText('E-mail and password were not accepted')).toBeVisible();
  await typePassword(page, email, password);
  await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Code of your authenticator').fill(totp(secret));
  await page.getByLabel('Do not ask for a code in this browser').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await you(page).click();
  await expect(page.getByText('Second factor', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();

  // This browser is trusted now, until its person says otherwise.
  await typePassword(page, email, password);
  await expect(you(page)).toBeVisible();
  await open(page, 'signin');
  await page.getByRole('button', { name: 'Trust no more' }).click();
  await expect(page.getByText('No browser is trusted')).toBeVisible();
  await signOut(page);

  const byRecoveryCode = async () => {
    await typePassword(page, email, password);
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await page.getByRole('button', { name: 'Confirm' }).click();
  };
  await byRecoveryCode();
  await expect(you(page)).toBeVisible();
  await open(page, 'signin');
  await expect(page.getByText('9 left')).toBeVisible();
  await signOut(page);
  await byRecoveryCode();
  await expect(page.getByText('The second factor was not accepted')).toBeVisible();
  await page.getByRole('button', { name: 'Go on without' }).click();
  await you(page).click();
  await expect(page.getByText('Password only')).toBeVisible();
});

test('a passkey at the bank signs in by itself, and is removed', { tag: '@desktop' }, async ({ page }) => {
  await Authenticator.plugInto(page);
  await customer(page, 'Dora Dale');
  await open(page, 'signin');
  await expect(page.getByText('You have no passkey at the bank')).toBeVisible();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('What to call it').fill('Security key');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Make it' }).click();
  await expect(page.getByRole('button', { name: 'Remove: Security key' })).toBeVisible();
  await signOut(page);
  await page.getByText('Sign in without this device').click();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await you(page).click();
  await expect(page.getByText('Second factor', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await open(page, 'signin');
  await page.getByRole('button', { name: 'Remove: Security key' }).click();
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('You have no passkey at the bank')).toBeVisible();
});

test('sessions are listed, ended one by one and everywhere', { tag: '@desktop' }, async ({ page }) => {
  const email = await customer(page, 'Erin East');
  await open(page, 'signin');
  const password = `a long sentence that nobody guesses ${unique()}`;
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  // A reload forgets nothing; a second tab is the same session.
  const tab = await page.context().newPage();
  await tab.goto('/security?tab=sessions');
  await expect(tab.getByText('This session')).toBeVisible();
  await expectAccessible(tab);
  await expectNoSidewaysScroll(tab);
  await page.goto('/security?tab=sessions');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await expect(tab.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await typePassword(page, email, password);
  await expect(you(page)).toBeVisible();
  await open(page, 'devices');
  await expect(page.getByText('This needs a stronger sign-in')).toBeVisible();
  await expectAccessible(page);
});

test('an idle session without a device asks in time, and ends', { tag: '@desktop' }, async ({ page }) => {
  const email = await customer(page, 'Fay Ferris');
  await open(page, 'signin');
  const password = `a long sentence that nobody guesses ${unique()}`;
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await signOut(page);
  await page.clock.install();
  await typePassword(page, email, password);
  await expect(you(page)).toBeVisible();
  await page.clock.fastForward('28:30');
  await expect(page.getByRole('heading', { name: 'Are you still there?' })).toBeVisible();
  await page.getByRole('button', { name: 'Stay signed in' }).click();
  await expect(page.getByRole('heading', { name: 'Are you still there?' })).toBeHidden();
  await page.clock.fastForward('31:00');
  await expect(page.getByText('Your session has ended')).toBeVisible();
});
