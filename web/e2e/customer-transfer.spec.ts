import { execFileSync } from 'node:child_process';
import { Bank, binary } from './bank';
import { test } from './customer';
import { Authenticator, expect, expectAccessible, expectNoSidewaysScroll } from './test';

test.describe.configure({ timeout: 120_000 });

type Page = import('@playwright/test').Page;

async function fill(page: Page, to: string, amount: string, memo = 'Rent, November') {
  await page.goto('/transfer');
  await page.getByText('Number', { exact: true }).click();
  await page.getByLabel('Account number').fill(to);
  await page.getByLabel('Amount').fill(amount);
  await page.getByLabel('Memo').fill(memo);
}
const review = (page: Page) => page.getByRole('button', { name: 'Review' });
const onward = (page: Page) => page.getByRole('button', { name: 'Continue to sign' });
const sign = (page: Page) => page.getByRole('button', { name: 'Sign and send' });
const cells = (page: Page) => page.getByRole('table', { name: 'Movements' }).getByRole('row');

test('home says what there is, and a person without an account opens one there', async ({ page, enter }) => {
  await enter(null);
  await page.goto('/');
  await expect(page.getByText('You have no account yet')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Open an account' }).click();
  await page.getByRole('button', { name: 'Review' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('EUR', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Open an account' }).click();
  await expect(dialog.getByText('The proof holds')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('link', { name: 'EUR account' })).toBeVisible();
  await expect(page.getByText('Nothing needs you')).toBeVisible();
  await expect(page.getByText('Signs for you')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

test('a transfer in four steps, locked by a passkey; its receipt is verified by the command line', async ({
  page,
  enter,
  payee,
  bank,
}, info) => {
  await Authenticator.plugInto(page);
  await enter('2000');
  await fill(page, payee, '1.234,50');
  await expect(page.getByText('Understood as 1,234.50 EUR')).toBeVisible();
  await page.getByLabel('Amount').fill('234,50');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await review(page).click();
  await expect(page.getByRole('heading', { name: 'Review what you sign' })).toBeFocused();
  await expect(page.getByText('Rent, November')).toBeVisible();
  await page.getByText('Technical details').click();
  await expect(page.getByText(/"amount":"23450"/)).toBeVisible();
  await expectAccessible(page);
  await onward(page).click();
  await expect(page.getByText('Your passkey unlocks the key')).toBeVisible();
  await expectAccessible(page);
  await sign(page).click();
  await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
  await expect(page.getByText('The proof holds')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: ': passed' })).toHaveCount(8);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the receipt' }).click();
  const file = info.outputPath('receipt.json');
  await (await saved).saveAs(file);
  const told = execFileSync(binary(), ['receipt', 'verify', file, '--trust', bank.trustFile, '--no-input'], {
    encoding: 'utf8',
  });
  expect(told).toMatch(/transfer|accepted|verif/i);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
});

test('what cannot be is said beside its field, before anything is signed', { tag: '@desktop' }, async ({
  page,
  enter,
  payee,
}) => {
  const me = await enter('100');
  await fill(
    page,
    payee.replace(/.$/, (digit) => String((Number(digit) + 1) % 10)),
    '10',
  );
  await expect(page.getByText('A digit is wrong')).toBeVisible();
  await page.getByLabel('Account number').fill(me.number);
  await review(page).click();
  await expect(page.getByText('This is the account that pays.')).toBeVisible();
  await page.getByLabel('Account number').fill(payee);
  for (const [typed, fault] of [
    ['1,234', 'This can be read in two ways'],
    ['-5', 'no minus'],
    ['12.345', 'two ways'],
    ['abc', 'not an amount'],
    ['0', 'The amount is zero.'],
  ] as const) {
    await page.getByLabel('Amount').fill(typed);
    await review(page).click();
    await expect(page.getByText(fault)).toBeVisible();
  }
  await expect(page.getByLabel('Amount')).toBeFocused();
  await page.getByLabel('Amount').fill('150');
  await review(page).click();
  await expect(page.getByText(/insufficient funds/i)).toBeVisible();
  await expect(page.getByLabel('Amount')).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page);
});

test('a limit says what is left of it', { tag: '@desktop' }, async ({ page, enter, payee }) => {
  await enter('4000');
  await fill(page, payee, '1500');
  await review(page).click();
  await expect(page.getByText('1,000.00 EUR is left of this limit.')).toBeVisible();
});

test('a reload and an ended session lose nothing that was typed', { tag: '@desktop' }, async ({
  page,
  enter,
  payee,
}) => {
  await enter('500');
  await fill(page, payee, '12.50', 'Tickets');
  await page.reload();
  await expect(page.getByLabel('Amount')).toHaveValue('12.50');
  await review(page).click();
  await expect(onward(page)).toBeVisible();
  await page.reload();
  await expect(onward(page)).toBeVisible();
  await expect(page.getByText('Tickets')).toBeVisible();
  await page.getByRole('button', { name: 'Change: Amount' }).click();
  await expect(page.getByLabel('Amount')).toHaveValue('12.50');
  await page.evaluate(async () => {
    const open = indexedDB.open('strongroom');
    const db = await new Promise<IDBDatabase>((done) => {
      open.onsuccess = () => done(open.result);
    });
    const store = db.transaction('values', 'readwrite').objectStore('values');
    await new Promise((done) => {
      store.delete('session').onsuccess = done;
    });
    db.close();
  });
  await page.reload();
  await page.getByRole('button', { name: 'Sign in with this device' }).click();
  await expect(page.getByLabel('Amount')).toHaveValue('12.50', { timeout: 30_000 });
  await expect(page.getByLabel('Memo')).toHaveValue('Tickets');
});

test('offline is said, and what was typed stays', { tag: '@desktop' }, async ({
  page,
  enter,
  payee,
  context,
}) => {
  await enter('500');
  await fill(page, payee, '5');
  await review(page).click();
  await onward(page).click();
  await context.setOffline(true);
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(sign(page)).toBeDisabled();
  await expectAccessible(page);
  await context.setOffline(false);
  await expect(sign(page)).toBeEnabled();
  await page.goBack();
  await page.goBack();
  await expect(page.getByText('You are offline')).toBeHidden();
  await expect(page.getByLabel('Amount')).toHaveValue('5');
});

test.describe('with a bank of its own', () => {
  test.describe.configure({ mode: 'serial', timeout: 120_000 });
  let own: Bank;
  test.beforeAll(async () => {
    own = await Bank.start();
  });
  test.afterAll(async () => own?.close());

  test('a payment that waits for a person says so, with its reasons, and stands on the start page', {
    tag: '@desktop',
  }, async ({ another, enter }) => {
    const value = '{"above":"30"}';
    own.cli('manager', 'policies', 'propose', 'approvals', 'bank', value, '--yes');
    const [proposal] = own.json<{ proposal: string }[]>('system_admin', 'policies', 'proposals');
    own.cli('system_admin', 'policies', 'approve', proposal?.proposal ?? '', '--yes');
    const page = await another();
    const carol = own.customer('carol', 'Carol Cove', '0');
    await enter('500', 'Alice Archer', page, own);
    await page.goto(`${own.origin}/transfer`);
    await page.getByText('Number', { exact: true }).click();
    await page.getByLabel('Account number').fill(carol);
    await page.getByLabel('Amount').fill('35');
    await review(page).click();
    await expect(page.getByText('The bank will look at this before it pays')).toBeVisible();
    await expectAccessible(page);
    await onward(page).click();
    await sign(page).click();
    await expect(page.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible();
    await expect(page.getByText('Payments of this size are looked at by a person.')).toBeVisible();
    await expect(page.getByText('The proof holds')).toBeVisible();
    await expectAccessible(page);
    await page.goto(`${own.origin}/`);
    await expect(page.getByText('35.00 EUR waits for the bank’s approval')).toBeVisible();
    await expect(page.getByText('35.00 EUR held')).toBeVisible();
    await expectAccessible(page);
  });

  test('the bank dies after the commit and before the answer: paid once, and told', {
    tag: '@desktop',
  }, async ({ another, enter }) => {
    const page = await another();
    const bob = own.customer('bob', 'Bob Born', '0');
    const me = await enter('500', 'Alice Archer', page, own);
    await page.goto(`${own.origin}/transfer`);
    await page.getByText('Number', { exact: true }).click();
    await page.getByLabel('Account number').fill(bob);
    await page.getByLabel('Amount').fill('20');
    await review(page).click();
    await onward(page).click();
    // The request arrives and is decided; its answer never does, and then nobody answers.
    let sent = 0;
    await page.route('**/api/transactions/transfer', async (route) => {
      sent += 1;
      if (sent === 1) {
        await route.fetch();
        await own.stop('SIGKILL');
      }
      await route.abort('connectionreset');
    });
    await sign(page).click();
    await expect(page.getByText('No answer has come yet')).toBeVisible({ timeout: 30_000 });
    await expectAccessible(page);
    await page.unroute('**/api/transactions/transfer');
    await own.open();
    await page.reload();
    await expect(page.getByText('This payment was signed before')).toBeVisible();
    await expectAccessible(page);
    await page.goto(`${own.origin}/`);
    await expect(page.getByText('its answer did not arrive').first()).toBeVisible();
    await page.getByRole('link', { name: 'Ask the bank' }).first().click();
    await page.getByRole('button', { name: 'Ask the bank again' }).click();
    await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
    await page.goto(`${own.origin}/accounts/${me.account}`);
    await expect(page.getByText('480.00').first()).toBeVisible();
    await expect(cells(page).filter({ hasText: '−20.00' })).toHaveCount(1);
  });

  test('the bank dies before it got the payment: asking makes it, once', { tag: '@desktop' }, async ({
    another,
    enter,
  }) => {
    const page = await another();
    const bob = own.customer('bob2', 'Bob Born', '0');
    const me = await enter('500', 'Alice Archer', page, own);
    await page.goto(`${own.origin}/transfer`);
    await page.getByText('Number', { exact: true }).click();
    await page.getByLabel('Account number').fill(bob);
    await page.getByLabel('Amount').fill('21');
    await review(page).click();
    await onward(page).click();
    await page.route('**/api/transactions/transfer', async (route) => {
      await own.stop('SIGKILL');
      await route.continue();
    });
    await sign(page).click();
    await expect(page.getByText('No answer has come yet')).toBeVisible({ timeout: 30_000 });
    await page.unroute('**/api/transactions/transfer');
    await own.open();
    await page.getByRole('button', { name: 'Ask the bank again' }).click();
    await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
    await page.goto(`${own.origin}/accounts/${me.account}`);
    await expect(cells(page).filter({ hasText: '−21.00' })).toHaveCount(1);
  });
});
