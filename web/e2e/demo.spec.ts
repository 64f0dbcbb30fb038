import { type ChildProcess, spawn } from 'node:child_process';
import { binary } from './bank';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

/** The demo itself, small: it ends by printing the address that is opened here. */
let demo: ChildProcess;
let address = '';

test.describe.configure({ mode: 'serial', timeout: 150_000 });

test.beforeAll(async ({ browserName: _ }, info) => {
  test.skip(info.project.name !== 'desktop', 'one demo is enough');
  const args = [
    'demo',
    '--customers',
    '8',
    '--intents',
    '300',
    '--listen',
    '127.0.0.1:0',
    '--tls-listen',
    '127.0.0.1:0',
  ];
  demo = spawn(binary(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  address = await new Promise<string>((found, failed) => {
    demo.once('exit', () => failed(new Error(`the demo ended: ${told}`)));
    demo.stderr?.on('data', (part: Buffer) => {
      told += part.toString();
      const printed = /http:\/\/localhost:\d+\/demo#[0-9a-f]+/.exec(told);
      if (printed) found(printed[0]);
    });
  });
});

test.afterAll(async () => {
  if (!demo || demo.exitCode !== null) return;
  const ended = new Promise((done) => demo.once('exit', done));
  demo.kill('SIGTERM');
  await ended;
});

for (const role of ['Customer', 'Manager', 'Auditor clerk', 'Administrator']) {
  test(`one click enters the demo bank as ${role}, with keys made here`, async ({ page, picture }) => {
    await page.goto(address);
    await expect(page.getByText('nothing here is real money')).toBeVisible();
    const enter = page.getByRole('button', { name: `Enter as ${role}` }).first();
    await expect(enter).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    if (role === 'Customer') await picture('demo');
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

test('without the ticket the door is shut', async ({ page }) => {
  await page.goto(address.replace(/#.*/, '#00'));
  await expect(page.getByText('This way in is closed')).toBeVisible();
});
