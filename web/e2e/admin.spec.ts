import { DemoBank } from './demo-bank';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

let demo: DemoBank;
test.describe.configure({ mode: 'serial', timeout: 150_000 });
test.beforeAll(async () => {
  demo = await DemoBank.start();
});
test.afterAll(() => demo?.close());

test('the bank is watched second by second, stands still when told, and two tabs listen once', async ({
  page,
  context,
  picture,
}) => {
  await demo.enter(page, 'Administrator', '/security/live');
  await expect(page.getByRole('heading', { level: 1, name: 'Live security' })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText(/accepted and \d+ refused in the last/)).toBeVisible();
  await expect(page.getByRole('figure', { name: 'Risk verdicts' })).toContainText('payments judged');
  await expect(page.getByText('Suite of the bank')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture('live');

  await page.getByRole('button', { name: 'Pause everything' }).click();
  await expect(page.getByText('Everything stands still')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('figure', { name: 'Intents decided, per second' }).getByText('Show as table').click();
  await expect(page.getByRole('table').first()).toBeVisible();

  const streams: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/security/live')) streams.push(request.url());
  });
  const second = await context.newPage();
  await second.goto(demo.url('/security/live'));
  await expect(second.getByText('Live', { exact: true })).toBeVisible();
  expect(streams, 'the second tab hears it from the first').toEqual([]);
  await page.close();
  await expect.poll(() => streams.length, { timeout: 10_000 }).toBe(1);
  await expect(second.getByText('Live', { exact: true })).toBeVisible();
});

test('a customer may not watch, and is told so', async ({ page }) => {
  await demo.enter(page, 'Customer', '/security/live');
  await expect(page.getByRole('alert')).toContainText(/permission|allowed|security:watch/i);
  await expectAccessible(page);
});
