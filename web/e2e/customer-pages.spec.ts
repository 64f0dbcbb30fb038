import { readFileSync } from 'node:fs';
import { test } from './customer';
import { expect, expectAccessible, expectNoSidewaysScroll } from './test';

test.describe.configure({ timeout: 120_000 });

test('an account shows each movement with the balance after it, its proof, and an export', async ({
  page,
  enter,
  pay,
  payee,
}, info) => {
  const me = await enter('300');
  await pay(me, payee, '2025', 'Lunch');
  await pay(me, payee, '3000', 'Dinner');
  await page.goto(`/accounts/${me.account}`);
  const table = page.getByRole('table', { name: 'Movements' });
  const rows = table.getByRole('row');
  await expect(rows.filter({ hasText: '−30.00' })).toContainText('249.75');
  await expect(rows.filter({ hasText: '−20.25' })).toContainText('279.75');
  await expect(rows.filter({ hasText: '+300.00' })).toContainText('300.00');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  await rows.filter({ hasText: '−30.00' }).getByRole('button').click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('Dinner')).toBeVisible();
  await drawer.getByRole('tab', { name: 'Proof' }).click();
  await expect(drawer.getByText('The proof holds')).toBeVisible();
  await expectAccessible(page);
  expect(new URL(page.url()).searchParams.get('tab')).toBe('proof');
  await page.reload();
  await expect(page.getByText('The proof holds')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.getByRole('button', { name: 'Balance at a moment' }).click();
  await expect(page.getByRole('dialog').getByText('249.75')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Day').fill('2026-01-01');
  await expect(page.getByRole('dialog').getByText('0.00', { exact: false })).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Export' }).click();
  await expectAccessible(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).click();
  const file = info.outputPath('export.csv');
  await (await saved).saveAs(file);
  expect(readFileSync(file, 'utf8')).toMatch(/20\.25/);

  await page.getByLabel('From', { exact: true }).fill('2020-01-02');
  await page.getByLabel('To', { exact: true }).fill('2020-01-03');
  await expect(page.getByText('Nothing moved in these days')).toBeVisible();
  expect(page.url()).toContain('from=2020-01-02');
  await page.getByLabel('To', { exact: true }).fill('2020-01-01');
  await expect(page.getByText('The first day is after the last.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).first().click();
  await expect(rows.filter({ hasText: '−30.00' })).toBeVisible();
});

test('movements of other people’s accounts are not there', { tag: '@desktop' }, async ({ page, enter }) => {
  await enter('0');
  await page.goto('/accounts/0190f000-0000-7000-8000-000000000000');
  await expect(page.getByText('There is no such account of yours')).toBeVisible();
  await expectAccessible(page);
});

test('a payee is kept after the name was checked, changed, and deleted', async ({ page, enter, payee }) => {
  await enter('100');
  await page.goto('/beneficiaries');
  await expect(page.getByText('No payees yet')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Add a payee' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Account number').fill('SR00 1');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Mallory');
  await dialog.getByRole('button', { name: 'Check the name' }).click();
  await expect(dialog.getByText('A digit is wrong')).toBeVisible();
  await dialog.getByLabel('Account number').fill(payee);
  await dialog.getByRole('button', { name: 'Check the name' }).click();
  await expect(dialog.getByText('The name does not match')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Review and sign' })).toBeDisabled();
  await expectAccessible(page);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Bob Born');
  await dialog.getByRole('button', { name: 'Check the name' }).click();
  await expect(dialog.getByText('The name matches')).toBeVisible();
  await dialog.getByRole('button', { name: 'Review and sign' }).click();
  await expect(dialog.getByText('The bank knows this name')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Sign and keep' }).click();
  const list = page.getByRole('table', { name: 'Payees' });
  await expect(list.getByText('Bob Born')).toBeVisible();
  await expect(list.getByText('New', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.goto('/');
  await expect(page.getByText('Bob Born is a new payee')).toBeVisible();

  await page.goto('/beneficiaries');
  await list.getByRole('button', { name: 'Bob Born' }).click();
  await expect(page.getByText('The smaller limit for new payees holds until')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('button', { name: 'Enable' })).toBeVisible();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No payees yet')).toBeVisible();
});

test('a standing order is placed, seen and ended', async ({ page, enter, payee }) => {
  await enter('100');
  await page.goto('/payments?tab=orders');
  await expect(page.getByText('No standing orders')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'New standing order' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Number', { exact: true }).click();
  await dialog.getByLabel('Account number').fill(payee);
  await dialog.getByRole('button', { name: 'Review and sign' }).click();
  await expect(dialog.getByText('Type an amount.')).toBeVisible();
  await dialog.getByLabel('Amount').fill('25');
  await dialog.getByLabel('First day').fill('2030-01-31');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Review and sign' }).click();
  await expect(dialog.getByText('Every month')).toBeVisible();
  await expect(dialog.getByText('31 Jan 2030')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Sign the order' }).click();
  const list = page.getByRole('table', { name: 'Standing orders' });
  await expect(list.getByText('Active')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await list.getByRole('button').click();
  await expect(page.getByText('Its first day is still to come.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'End the order' }).click();
  await page.getByRole('button', { name: 'Sign the end' }).click();
  await expect(page.getByRole('dialog').getByText('Ended', { exact: true })).toBeVisible();
});

test('a template fills in the form', { tag: '@desktop' }, async ({ page, enter, payee }) => {
  await enter('100');
  await page.goto('/transfer');
  await page.getByText('Number', { exact: true }).click();
  await page.getByLabel('Account number').fill(payee);
  await page.getByLabel('Amount').fill('7.50');
  await page.getByRole('button', { name: 'Save as a template' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Pocket money');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save the template' }).click();
  await expect(page.getByText('Template saved')).toBeVisible();
  await page.goto('/payments?tab=templates');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Pocket money', exact: true }).click();
  await expect(page.getByLabel('Amount')).toHaveValue('7.50');
  await page.goto('/payments?tab=templates');
  await page.getByRole('button', { name: 'Delete: Pocket money' }).click();
  await expect(page.getByText('No templates yet')).toBeVisible();
});

test('a payment file is previewed, signed once, and told item by item', async ({
  page,
  enter,
  payee,
}, info) => {
  const me = await enter('500');
  const today = new Date().toISOString().slice(0, 10);
  const head =
    'debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text';
  const line = (to: string, amount: string, id: string, day = today) =>
    `${me.number};${day};${to};Bob Born;${amount};EUR;${id};"for ${id}; thanks"`;
  const table = [
    head,
    line(payee, '12,50', 'E1'),
    line(payee, '7,25', 'E2'),
    line('DE89370400440532013000', '3,00', 'E3'),
  ].join('\n');
  await page.goto('/payments');
  await expectAccessible(page);
  await page.locator('input[type=file]').setInputFiles({
    name: 'broken.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('debtor_account;what\n1;2\n'),
  });
  await expect(page.getByText('This file cannot be paid')).toBeVisible();
  await expect(page.getByText(/line 1/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove the file' }).click();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'salaries.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  const items = page.getByRole('table', { name: 'Payments of the file' });
  await expect(items.getByRole('row').filter({ hasText: 'AC03' })).toBeVisible();
  await expect(page.getByText('1 payment is left out and not signed.')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByRole('button', { name: 'Sign and pay' })).toBeVisible();
  await expect(page.getByText('2 payments')).toBeVisible();
  await expect(page.getByText('19.75')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign and pay' }).click();
  const result = page.getByRole('table', { name: 'What became of each payment' });
  await expect(result.getByText('Paid')).toHaveCount(2);
  await expect(result.getByText('Refused')).toHaveCount(1);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the report' }).click();
  const file = info.outputPath('pain002.xml');
  await (await saved).saveAs(file);
  expect(readFileSync(file, 'utf8')).toContain('CstmrPmtStsRpt');
  await page.goto(`/accounts/${me.account}`);
  await expect(page.getByText('480.25').first()).toBeVisible();
});

test('a statement is looked at and taken along in four forms', async ({ page, enter }, info) => {
  await enter('75');
  await page.goto('/statements');
  await expect(page.getByText('Closing balance')).toBeVisible();
  await expect(page.getByText('75.00').first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  for (const [name, begins] of [
    ['CSV', ''],
    ['JSON', '{'],
    ['PDF', '%PDF'],
    ['camt.053', '<?xml'],
  ] as const) {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    const file = info.outputPath(`statement-${name}`);
    await (await saved).saveAs(file);
    expect(readFileSync(file, 'latin1').startsWith(begins)).toBe(true);
  }
  await page.getByLabel('Last day').fill('2020-01-01');
  await expect(page.getByText('The first day is after the last.')).toBeVisible();
  await page.getByRole('button', { name: 'Last month' }).click();
  await expect(page.getByText('Nothing moved in these days. The statement says so.')).toBeVisible();
  expect(page.url()).toContain('from=');
});
