import { expect, expectAccessible, expectNoSidewaysScroll, problemsOf, test } from './test';

test('a stranger is asked to sign in, and comes back to where they wanted to be', async ({ page }) => {
  await page.goto('/?from=2026-01-01');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  expect(new URL(page.url()).searchParams.get('next')).toBe('/?from=2026-01-01');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

test('the theme is remembered', { tag: '@desktop' }, async ({ page }) => {
  await page.goto('/login');
  await page.getByRole('button', { name: 'Theme: As the system' }).click();
  await page.getByRole('button', { name: 'Theme: Light' }).click();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Theme: Dark' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('an address that leads nowhere says so, and the bank too', async ({ page, request }) => {
  const answer = await page.goto('/nowhere');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1, name: 'There is no such page' })).toBeVisible();
  await expectAccessible(page);
  const api = await request.get('/api/nowhere', { headers: { accept: 'text/html' } });
  expect(api.status()).toBe(404);
  expect(api.headers()['content-type']).toContain('application/problem+json');
});

test('the address of the machine becomes its name', { tag: '@desktop' }, async ({ page, bank }) => {
  await page.goto(`${bank.plain}/login`);
  expect(page.url()).toBe(`${bank.origin}/login`);
});

test('the harness sees what it must: a violation, an error, and a secret that leaves', {
  tag: '@desktop',
}, async ({ page }) => {
  await page.goto('/login');
  await page.evaluate(async () => {
    const style = document.createElement('style');
    style.textContent = 'body { color: red }';
    document.head.append(style);
    const seed = crypto.getRandomValues(new Uint8Array(32));
    await crypto.subtle.importKey('raw', seed, 'HKDF', false, ['deriveBits']);
    await fetch('/api/nowhere', { method: 'POST', body: seed });
    console.error('an error of the page');
  });
  const problems = problemsOf(page);
  await expect
    .poll(() => problems.map((problem) => problem.split(':')[0]).sort())
    .toEqual(expect.arrayContaining(['console', 'policy']));
  expect(problems.some((problem) => problem.startsWith('a secret of the browser'))).toBe(true);
  problems.length = 0;
});
