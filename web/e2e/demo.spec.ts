import { DemoBank } from './demo-bank';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

/** The demo itself, small: it ends by printing the address that is opened here. */
let demo: DemoBank;

test.describe.configure({ mode: 'serial', timeout: 150_000 });
test.beforeAll(async () => {
  test.setTimeout(150_000);
  demo = await DemoBank.start();
});
test.afterAll(() => demo?.close());

for (const role of ['Customer', 'Manager', 'Auditor clerk', 'Administrator']) {
  test(`one click enters the demo bank as ${role}, with keys made here`, { tag: '@desktop' }, async ({
    page,
  }) => {
    await page.goto(demo.door);
    await expect(page.getByText('nothing here is real money')).toBeVisible();
    const enter = page.getByRole('button', { name: `Enter as ${role}` }).first();
    await expect(enter).toBeVisible();
    if (role === 'Customer') {
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    await enter.click();
    const you = page.getByRole('button', { name: 'You and this session' });
    await expect(you).toBeVisible();
    await expect(you).toHaveAccessibleName(new RegExp(role));
    await page.reload();
    await you.click();
    await expect(page.getByText('This device signs')).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with this device' }).click();
    await expect(you).toBeVisible();
  });
}

test('without the ticket the door is shut', { tag: '@desktop' }, async ({ page }) => {
  await page.goto(demo.door.replace(/#.*/, '#00'));
  await expect(page.getByText('This way in is closed')).toBeVisible();
});

test('what the engine held is told with its score and the weight of each reason', {
  tag: '@desktop',
}, async ({ page }) => {
  await demo.enter(page, 'Manager', '/manage/approvals?tab=decided');
  await page.getByRole('row').filter({ hasText: 'Rejected' }).first().getByRole('button').first().click();
  await expect(page.getByRole('heading', { name: 'What the risk engine says' })).toBeVisible();
  await expect(page.getByText(/^\d+ of 100$/)).toBeVisible();
  await expect(page.getByText(/^\d+ by itself$/).first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});
