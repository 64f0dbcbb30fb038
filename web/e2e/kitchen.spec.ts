import { existsSync, readFileSync } from 'node:fs';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

const BUILT = new URL('../node_modules/.kitchen/', import.meta.url).pathname;
const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  woff2: 'font/woff2',
  svg: 'image/svg+xml',
};

test.skip(!existsSync(`${BUILT}kitchen.html`), 'run `npm run kitchen` first');

test.beforeEach(async ({ page, request }) => {
  // Under the policy of the real pages.
  const policy = (await request.get('/login')).headers()['content-security-policy'] ?? '';
  await page.route('http://kitchen.localhost/**', (route) => {
    const path = new URL(route.request().url()).pathname.slice(1) || 'kitchen.html';
    const contentType = TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain';
    return route.fulfill({
      body: readFileSync(`${BUILT}${path}`),
      headers: { 'content-type': contentType, 'content-security-policy': policy },
    });
  });
  await page.goto('http://kitchen.localhost/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('every piece is accessible in both themes and fits the window', async ({ page }) => {
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

for (const name of ['Dialog', 'Drawer', 'Commands', 'Shortcuts', 'Timeout']) {
  // A drawer is laid out otherwise on a telephone; the others only get narrower.
  const tag = name === 'Drawer' ? [] : ['@desktop'];
  test(`${name} is accessible, and gives the focus back`, { tag }, async ({ page }) => {
    const button = page.getByRole('button', { name, exact: true });
    await button.click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    await expectAccessible(page);
    if (name === 'Timeout') await page.getByRole('button', { name: 'Stay signed in' }).click();
    else await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    if (name !== 'Timeout') await expect(button).toBeFocused();
  });
}

test('a list is walked by keyboard', { tag: '@desktop' }, async ({ page }) => {
  const rows = page
    .getByRole('table', { name: 'Movements' })
    .getByRole('button', { name: /Born|Ltd|Cove|Dale/ });
  await rows.first().focus();
  await page.keyboard.press('j');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Transfer to Bob Born' })).toBeVisible();
});

test('choices open and are accessible', { tag: '@desktop' }, async ({ page }) => {
  await page.getByLabel('From account').click();
  await expect(page.getByRole('option', { name: /Savings/ })).toBeVisible();
  await expectAccessible(page);
});
