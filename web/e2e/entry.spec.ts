import type { Page } from '@playwright/test';
import { Authenticator, expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

// Keys are made in software, and every page is examined in both themes.
test.describe.configure({ timeout: 120_000 });
const KEYS_MS = 40_000;

const unique = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 7)}`;

/** Registers a customer in the browser, up to the question where the keys are to be. */
async function register(page: Page, name: string, email = `${unique()}@customers.example`): Promise<string> {
  await page.goto('/enrol');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('heading', { name: 'Where the keys of this browser will be' })).toBeVisible();
  return email;
}

/** The next time that a passkey is asked for, its holder says no, as a browser tells it. */
const declineOnce = (page: Page, what: 'create' | 'get') =>
  page.evaluate((what) => {
    const { credentials } = navigator;
    credentials[what] = () => {
      delete (credentials as Partial<CredentialsContainer>)[what];
      return Promise.reject(new DOMException('', 'NotAllowedError'));
    };
  }, what);

const you = (page: Page) => page.getByRole('button', { name: 'You and this session' });

test('a browser without keys is led to them', async ({ page }) => {
  await page.goto('/login');
  await expect(page.getByText('This browser has no keys yet')).toBeVisible();
  for (const path of ['/enrol', '/pair', '/recover']) {
    await expect(page.locator(`main a[href="${path}"]`)).toBeVisible();
  }
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('link', { name: /Open your access/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Open your access' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('Say your name.')).toBeVisible();
  await page.getByLabel('Your name').fill('Alice');
  await page.getByLabel('E-mail').fill('alice');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('This is no e-mail address.')).toBeVisible();
  await page.getByText('I have an invitation').click();
  await page.getByLabel('Invitation', { exact: true }).fill('strongroom-invitation-1.nonsense');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('This is no invitation')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

test('from nobody to a working device, locked by a passkey, and in again', async ({ page }) => {
  await Authenticator.plugInto(page);
  await register(page, 'Alice Arden');
  await expect(page.getByLabel(/Locked by your passkey/)).toBeChecked();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  // Somebody thinks twice: nothing is enrolled, and the next try goes on with the same registration.
  await declineOnce(page, 'create');
  await page.getByRole('button', { name: 'Make my keys' }).click();
  await expect(page.getByRole('heading', { name: 'It did not work' })).toBeVisible();
  await expect(page.getByText('Your passkey was not used')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome, Alice Arden' })).toBeVisible({ timeout: KEYS_MS });
  await expect(page.getByText('Open the sealed certificate: passed')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Go to my bank' }).click();
  await expect(you(page)).toBeVisible();
  await you(page).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await declineOnce(page, 'get');
  await page.getByRole('button', { name: 'Sign in with this device' }).click();
  await expect(page.getByText('Your passkey was not used')).toBeVisible();
  await page.getByRole('button', { name: 'Sign in with this device' }).click();
  await expect(you(page)).toBeVisible();
});

test('a registration outlives a reload, and an address that is taken says so at the keys', {
  tag: '@desktop',
}, async ({ page, another }) => {
  const email = await register(page, 'Bob Born');
  await page.route('**/api/users/enrol', (route) => route.abort('connectionrefused'));
  await page.getByRole('button', { name: 'Make my keys' }).click();
  await expect(page.getByText('The bank did not answer')).toBeVisible({ timeout: KEYS_MS });
  await page.unroute('**/api/users/enrol');
  await page.reload();
  await page.getByRole('button', { name: 'Take it up' }).click();
  await page.getByRole('button', { name: 'Make my keys' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome, Bob Born' })).toBeVisible({ timeout: KEYS_MS });
  await page.goto('/enrol');
  await expect(page.getByText('This browser has keys already')).toBeVisible();
  await expectAccessible(page);

  const stranger = await another();
  await register(stranger, 'Mallory', email);
  await stranger.getByRole('button', { name: 'Make my keys' }).click();
  await expect(stranger.getByText('The bank does not take this registration')).toBeVisible({
    timeout: KEYS_MS,
  });
  await expect(stranger.getByRole('link', { name: 'I lost every device' })).toBeVisible();
  await expectAccessible(stranger);
});

test('whoever lost every device asks, and tells a number', async ({ page }) => {
  await page.goto('/recover');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel('Your registered e-mail').fill('nobody@customers.example');
  await page.getByRole('button', { name: 'Ask for recovery' }).click();
  const number = await page.getByTestId('match-number').textContent();
  expect(number).toMatch(/^\d{6}$/);
  await expect(page.getByText('Waiting for a manager')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  // It waits for a day: a reload loses nothing.
  await page.reload();
  await expect(page.getByTestId('match-number')).toHaveText(number ?? '');
  await page.getByRole('button', { name: 'Give this request up' }).click();
  await expect(page.getByLabel('Your registered e-mail')).toBeVisible();
});
