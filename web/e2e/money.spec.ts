import type { Page } from '@playwright/test';
import type { BankHandle } from './bank';
import { test } from './customer';
import { enterAs } from './staff';
import { expect, expectAccessible, expectNoSidewaysScroll } from './test';

test.describe.configure({ timeout: 180_000 });

type Library = typeof import('../src/bank');

/** Puts a rate into force, by two people. */
function setRate(bank: BankHandle, pair: string, buy: string, sell: string): void {
  const value = JSON.stringify({ buy, sell });
  const { proposal } = bank.json<{ proposal: string }>(
    'manager',
    'policies',
    'propose',
    'rates',
    `pair:${pair}`,
    value,
    '--yes',
  );
  bank.cli('system_admin', 'policies', 'approve', proposal, '--yes');
}

/** Opens a further account of whoever has entered in this page. */
async function openAccount(page: Page, asset: string): Promise<string> {
  await page.goto('/e2e-library/');
  await page.waitForFunction(() => 'strongroom' in globalThis);
  return page.evaluate(async (asset) => {
    const lib = (globalThis as unknown as { strongroom: Library }).strongroom;
    const session = await lib.Session.resume(await lib.Bank.connect());
    if (!session) throw new Error('nobody is signed in');
    const account = lib.uuid7();
    const body = { account, asset, owner: session.userId, kind: 'liability' } as const;
    await session.submit(await session.draft(lib.wish('account.open', body)));
    return account;
  }, asset);
}

const dialog = (page: Page) => page.getByRole('dialog');
const press = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();

async function done(page: Page): Promise<void> {
  await expect(dialog(page).getByRole('heading', { name: 'Done, and recorded' })).toBeVisible();
  await expect(dialog(page).getByText('The proof holds')).toBeVisible();
  await press(page, 'Done');
}

test('one currency is sold for another, at a rate that is signed', async ({ page, enter, bank }) => {
  setRate(bank, 'EUR/USD', '1.0812', '1.0934');
  const me = await enter('500');
  const dollars = await openAccount(page, 'USD');
  await page.goto('/payments?tab=exchange');
  await expect(page.getByRole('row').filter({ hasText: 'EUR/USD' })).toContainText('1.0812');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Exchange money' }).click();
  await dialog(page).getByLabel('Sell from').click();
  await page.getByRole('option', { name: /EUR account/ }).click();
  await press(page, 'Review');
  await expect(dialog(page).getByText('Type an amount.')).toBeVisible();
  await dialog(page).getByLabel('You sell').fill('100');
  await expect(dialog(page).getByText('108.12')).toBeVisible();
  await expect(dialog(page).getByText('At 1 EUR = 1.0812 USD')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // More than there is: known before anything is signed.
  await dialog(page).getByLabel('You sell').fill('501');
  await press(page, 'Review');
  await expect(dialog(page).getByText('The bank would refuse this')).toBeVisible();
  await expect(dialog(page).getByText(/insufficient funds/i)).toBeVisible();
  await dialog(page).getByLabel('You sell').fill('100');
  await press(page, 'Review');
  await expect(dialog(page).getByRole('heading', { name: 'Review what you sign' })).toBeFocused();
  await expect(dialog(page).getByText('100.00')).toBeVisible();
  await expect(dialog(page).getByText('108.12')).toBeVisible();
  await expect(dialog(page).getByText('1.0812', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await press(page, 'Sign and exchange');
  await done(page);
  await page.goto(`/accounts/${dollars}`);
  await expect(page.getByText('+108.12')).toBeVisible();
  await page.goto(`/accounts/${me.account}`);
  await expect(page.getByText('400.00').first()).toBeVisible();
});

test('a rate that changed is refused in words, and the new one is signed', async ({
  page,
  enter,
  bank,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'the rate is everybody’s');
  setRate(bank, 'EUR/JPY', '160.5', '161');
  await enter('50');
  await page.goto('/payments?tab=exchange');
  // With one account there is nothing to exchange for.
  await expect(page.getByText('You need two accounts')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Exchange money' })).toBeDisabled();
  await expectAccessible(page);

  await openAccount(page, 'JPY');
  await page.goto('/payments?tab=exchange');
  await page.getByRole('button', { name: 'Exchange money' }).click();
  await dialog(page).getByLabel('Sell from').click();
  await page.getByRole('option', { name: /EUR account/ }).click();
  await dialog(page).getByLabel('You sell').fill('10');
  await press(page, 'Review');
  await expect(dialog(page).getByRole('heading', { name: 'Review what you sign' })).toBeFocused();
  await expect(dialog(page).getByText('1,605')).toBeVisible();
  setRate(bank, 'EUR/JPY', '159', '161');
  await press(page, 'Sign and exchange');
  await expect(dialog(page).getByRole('heading', { name: 'Refused, and recorded' })).toBeVisible();
  await expect(dialog(page).getByRole('alert')).toContainText('159');
  await expectAccessible(page);
  await press(page, 'Change');
  await expect(dialog(page).getByText('At 1 EUR = 159 JPY')).toBeVisible();
  await press(page, 'Review');
  await expect(dialog(page).getByText('1,590')).toBeVisible();
  await press(page, 'Sign and exchange');
  await done(page);
});

test('money is set aside for a payee, who takes a part of it and gives the rest back', async ({
  page,
  another,
  enter,
  bank,
}) => {
  const payee = await another();
  const bob = await enter('0', 'Bob Born', payee);
  const alice = await enter('300');
  await page.goto(`/accounts/${alice.account}`);
  await expect(page.getByRole('table', { name: 'Money that is held' })).toHaveCount(0);
  const place = async (amount: string) => {
    await page.getByRole('button', { name: 'Set money aside' }).click();
    await dialog(page).getByText('Number', { exact: true }).click();
    await dialog(page).getByLabel('Account number').fill(bob.number);
    await dialog(page).getByLabel('Amount').fill(amount);
    await press(page, 'Review');
  };
  await place('');
  await expect(dialog(page).getByText('Type an amount.')).toBeVisible();
  await dialog(page).getByLabel('Amount').fill('50');
  await dialog(page).getByLabel('The payee may take it until').fill('2020-01-01');
  await press(page, 'Review');
  await expect(dialog(page).getByText('within 90 days')).toBeVisible();
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  await dialog(page).getByLabel('The payee may take it until').fill(soon);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await press(page, 'Review');
  await expect(dialog(page).getByText('50.00')).toBeVisible();
  await expectAccessible(page);
  await press(page, 'Sign and set aside');
  await done(page);
  const held = page.getByRole('table', { name: 'Money that is held' });
  await expect(held.getByText('Only the payee can take or give it back')).toBeVisible();
  await expect(page.getByText('250.00').first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // The payee takes a part: never more than is held.
  await payee.goto(`/accounts/${bob.account}`);
  const forBob = payee.getByRole('table', { name: 'Money that is held' });
  await expect(forBob.getByText('Set aside for this account')).toBeVisible();
  await expectAccessible(payee);
  await expectNoSidewaysScroll(payee);
  await forBob.getByRole('button', { name: 'Take' }).click();
  await dialog(payee).getByText('A part', { exact: true }).click();
  await dialog(payee).getByLabel('Amount').fill('60');
  await press(payee, 'Review');
  await expect(dialog(payee).getByText('At most 50.00 EUR.')).toBeVisible();
  await expectAccessible(payee);
  await dialog(payee).getByLabel('Amount').fill('20');
  await press(payee, 'Review');
  await expect(dialog(payee).getByText('20.00')).toBeVisible();
  await expectAccessible(payee);
  await press(payee, 'Sign and take');
  await expect(dialog(payee).getByText('The money is on your account.')).toBeVisible();
  await done(payee);
  await expect(payee.getByText('Nothing is held')).toBeVisible();
  await expect(payee.getByText('+20.00')).toBeVisible();

  // A second one is given back; whoever comes too late is told so.
  await page.reload();
  await expect(page.getByText('280.00').first()).toBeVisible();
  await place('30');
  await press(page, 'Sign and set aside');
  await done(page);
  await payee.reload();
  await forBob.getByRole('button', { name: 'Take' }).click();
  await press(payee, 'Review');
  await expect(dialog(payee).getByText('Review what you sign')).toBeVisible();
  const holds = bank.json<{ hold: string; to: string }[]>('manager', 'holds', 'list');
  const hold = holds.find(({ to }) => to === bob.account);
  bank.cli('manager', 'holds', 'void', hold?.hold ?? '', '--yes');
  await press(payee, 'Sign and take');
  await expect(dialog(payee).getByRole('heading', { name: 'Refused, and recorded' })).toBeVisible();
  await expectAccessible(payee);
  await press(payee, 'Done');
  await expect(payee.getByText('Nothing is held')).toBeVisible();

  // Given back by the payee.
  await page.reload();
  await place('10');
  await press(page, 'Sign and set aside');
  await done(page);
  await payee.reload();
  await forBob.getByRole('button', { name: 'Give back' }).click();
  await press(payee, 'Sign and give back');
  await done(payee);
  await page.reload();
  await expect(page.getByText('280.00').first()).toBeVisible();
});

test('a payee gives a payment back, in part', async ({ page, another, enter, pay }) => {
  const payee = await another();
  const bob = await enter('0', 'Bob Born', payee);
  const alice = await enter('100');
  await pay(alice, bob.number, '4000', 'Too much');
  await payee.goto(`/accounts/${bob.account}`);
  const table = payee.getByRole('table', { name: 'Movements' });
  await table.getByRole('row').filter({ hasText: '+40.00' }).getByRole('button').click();
  await payee.getByRole('button', { name: 'Give back' }).click();
  await press(payee, 'Review');
  await expect(dialog(payee).getByText('Say why, in a few words.')).toBeVisible();
  await dialog(payee).getByText('A part', { exact: true }).click();
  await dialog(payee).getByLabel('Amount').fill('15');
  await dialog(payee).getByLabel('Reason').fill('was too much');
  await expectAccessible(payee);
  await expectNoSidewaysScroll(payee);
  await press(payee, 'Review');
  await expect(dialog(payee).getByText('was too much')).toBeVisible();
  await expectAccessible(payee);
  await press(payee, 'Sign and give back');
  await expect(dialog(payee).getByText('The money has gone back.')).toBeVisible();
  await done(payee);
  await payee.goto(`/accounts/${bob.account}`);
  await expect(table.getByRole('row').filter({ hasText: '−15.00' })).toBeVisible();
  await page.goto(`/accounts/${alice.account}`);
  await expect(page.getByText('75.00').first()).toBeVisible();
});

test('a manager reverses what the bank paid in, and never more than that; and gives back what is held', async ({
  page,
  another,
  enter,
  bank,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'each pairing of one person counts against a budget');
  const customer = await another();
  const me = await enter('100', 'Carl Cole', customer);
  const other = bank.customer(`dora-${process.pid}`, 'Dora Dale', '0');
  await customer.goto(`/accounts/${me.account}?hold=new`);
  await dialog(customer).getByText('Number', { exact: true }).click();
  await dialog(customer).getByLabel('Account number').fill(other);
  await dialog(customer).getByLabel('Amount').fill('5');
  await press(customer, 'Review');
  await press(customer, 'Sign and set aside');
  await done(customer);

  await enterAs(page, bank, 'manager', `/manage/customers/${me.id}?account=${me.account}`);
  const held = dialog(page).getByRole('table', { name: 'Money that is held' });
  await expect(held.getByText('5.00')).toBeVisible();
  await expectAccessible(page);
  await held.getByRole('button', { name: 'Give back' }).click();
  await page.getByRole('button', { name: 'Sign and give back' }).click();
  await expect(page.getByText('The money is the payer’s again.')).toBeVisible();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(dialog(page).getByText('Nothing is held')).toBeVisible();

  const moved = dialog(page).getByRole('table', { name: 'Movements' });
  await moved.getByRole('button', { name: 'Reverse' }).click();
  await page.getByText('A part', { exact: true }).click();
  await page.getByLabel('Amount').fill('30');
  await page.getByLabel('Reason').fill('paid in twice');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('paid in twice')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign the reversal' }).click();
  await expect(page.getByText('The money has gone back.')).toBeVisible();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(moved.getByText('−30.00')).toBeVisible();

  // Only what is left of it can still go back.
  await moved.getByRole('button', { name: 'Reverse' }).click();
  await page.getByText('A part', { exact: true }).click();
  await page.getByLabel('Amount').fill('71');
  await page.getByLabel('Reason').fill('all of it');
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('The bank would refuse this')).toBeVisible();
  await page.getByLabel('Amount').fill('70');
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Sign the reversal' }).click();
  await expect(page.getByText('The money has gone back.')).toBeVisible();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(moved.getByText('−70.00')).toBeVisible();
});

test('an owner freezes an account in a hurry, cannot take it off, and is told so; a manager takes it off', async ({
  page,
  enter,
  bank,
}, info) => {
  test.skip(info.project.name !== 'desktop', 'each pairing of one person counts against a budget');
  const me = await enter('100', 'Fred Frost', page);
  await page.goto(`/accounts/${me.account}`);
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  await press(page, 'Review');
  await expect(dialog(page).getByText('Say why, in a few words.')).toBeVisible();
  await dialog(page).getByLabel('Reason').fill('lost telephone');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await press(page, 'Review');
  await expect(dialog(page).getByText('lost telephone')).toBeVisible();
  await expectAccessible(page);
  await press(page, 'Sign and freeze');
  await expect(dialog(page).getByText('The account is frozen.')).toBeVisible();
  await done(page);
  await expect(page.getByText('Frozen').first()).toBeVisible();
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  await expect(dialog(page).getByLabel('Nothing may leave the account')).toBeDisabled();
  await dialog(page).getByLabel('Reason').fill('again');
  await press(page, 'Review');
  await expect(dialog(page).getByText('It is so already.')).toBeVisible();

  bank.cli('manager', 'accounts', 'freeze', me.account, '--reason', 'he called', '--yes');
  await page.goto(`/accounts/${me.account}`);
  await expect(page.getByRole('button', { name: 'Freeze', exact: true })).toBeVisible();
  await expect(page.getByText('Frozen')).toHaveCount(0);
});
