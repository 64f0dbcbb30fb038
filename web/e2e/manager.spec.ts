import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { binary } from './bank';
import { becomeCustomer, enterAs, invite, liftLimits, pay, redeem } from './staff';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

test.describe.configure({ timeout: 240_000 });

const sign = async (page: Page) => {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
  return dialog;
};

const done = async (page: Page) => {
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading', { name: 'Done, and recorded' }).first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Done', exact: true }).click();
  // The drawer that it began in may be there again.
  await expect(dialog.getByText('Done, and recorded')).toHaveCount(0);
};

test(
  'a customer asks, two managers decide: second person, own key, race, and a decision that came too late',
  { tag: '@desktop' },
  async ({ page, another, bank }, info) => {
    const [maker, payee, admin, second] = [
      await another(),
      await another(),
      await another(),
      await another(),
    ];
    const alice = await becomeCustomer(maker, 'Alice Amber');
    const bob = await becomeCustomer(payee, 'Bob Beck');
    bank.cli('manager', 'fund', alice.number, '100000 EUR', '--yes');
    liftLimits(bank, alice.user);
    const payments: Record<string, string> = {};
    for (const name of ['escalated', 'raced', 'stale']) {
      const { id, code } = await pay(maker, alice.account, bob.account, '600000', name);
      expect(code).toBe('held');
      payments[name] = id;
    }

    // The second manager comes in by an invitation, which the first one approves in the console.
    await enterAs(admin, bank, 'system_admin');
    const carol = await invite(admin, `Carol Cole ${Date.now()}`);
    await enterAs(page, bank, 'manager', '/manage/requests');
    const row = page.getByRole('row').filter({ hasText: carol.name });
    await expect(row).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await row.getByRole('button', { name: 'Approve' }).click();
    const approval = page.getByRole('dialog');
    await expect(approval.getByText('Approval of an invitation')).toBeVisible();
    await expectAccessible(page);
    await approval.getByRole('button', { name: 'Approve' }).click();
    await done(page);
    await expect(row.getByText('May enrol')).toBeVisible();
    await redeem(second, carol, `/manage/approvals?payment=${payments['escalated']}`);

    // The queue, by keyboard.
    await page.goto('/manage/approvals');
    const queue = page.getByRole('list', { name: 'Payments that wait' });
    await expect(queue.getByRole('button').filter({ hasText: 'Alice Amber' })).toHaveCount(3);
    await page.keyboard.press('j');
    await expect(queue.locator('[aria-current]')).toHaveCount(1);
    await expectAccessible(page);
    await page.goto(`/manage/approvals?payment=${payments['escalated']}`);
    await expect(page.getByText('It is above the amount from which on a person decides.')).toBeVisible();
    await expect(page.getByText('Alice Amber').first()).toBeVisible();

    // Without a reason nothing is laid out to be signed.
    await page.keyboard.press('a');
    await expect(page.getByText('Say why, in a few words.')).toBeVisible();
    await expect(page.getByLabel('Reason')).toBeFocused();
    await page.getByLabel('Reason').fill('large for this customer');
    await page.getByRole('button', { name: 'Ask for a second person' }).click();
    const review = page.getByRole('dialog');
    await expect(review.getByText('large for this customer')).toBeVisible();
    await expect(review.getByText(payments['escalated'] ?? '')).toBeVisible();
    await expectAccessible(page);
    await sign(page);
    await expect(review.getByText('Done, and recorded').first()).toBeVisible();
    await review.getByText('Proof', { exact: true }).click();
    await expect(review.getByText('The signature is the signer’s')).toBeVisible();
    await expectAccessible(page);
    const download = page.waitForEvent('download');
    await review.getByRole('button', { name: 'Download the receipt' }).click();
    const file = info.outputPath('receipt.json');
    await (await download).saveAs(file);
    const verified = execFileSync(binary(), [
      'receipt',
      'verify',
      file,
      '--trust',
      bank.trustFile,
      '-o',
      'json',
    ]);
    expect(verified.toString()).toContain('approval.decide');
    await done(page);

    // Two approvals of two people: the first of this one, the second of the other browser.
    await page.getByLabel('Reason').fill('called her');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await sign(page);
    await done(page);
    await expect(page.getByText('You approved it. A second person must decide now')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Approve', exact: true })).toBeDisabled();
    await second.reload();
    await expect(second.getByText('1 of 2 approved').first()).toBeVisible();
    await second.getByLabel('Reason').fill('seen the invoice');
    await second.getByRole('button', { name: 'Approve as second person' }).click();
    await sign(second);
    await done(second);
    await expect(second.getByText('The money has been paid.')).toBeVisible();

    // Both decide at once: one is recorded as the decision, the other as a refusal that says who was faster.
    for (const one of [page, second]) {
      await one.goto(`/manage/approvals?payment=${payments['raced']}`);
      await one.getByLabel('Reason').fill(one === page ? 'by the first' : 'by the second');
      await one.getByRole('button', { name: 'Approve', exact: true }).click();
      await expect(one.getByRole('dialog').getByText('Review what you sign')).toBeVisible();
    }
    await Promise.all([sign(page), sign(second)]);
    const titles = await Promise.all(
      [page, second].map(async (one) => {
        const heading = one
          .getByRole('dialog')
          .getByRole('heading', { name: /, and recorded/ })
          .first();
        await expect(heading).toBeVisible();
        return heading.innerText();
      }),
    );
    expect(titles.toSorted()).toEqual(['Done, and recorded', 'Refused, and recorded']);
    const [winner, loser] = titles[0] === 'Done, and recorded' ? [page, second] : [second, page];
    await expect(loser.getByRole('dialog').getByText(/It is approved already, by/)).toBeVisible();
    await expectAccessible(loser);
    for (const one of [winner, loser])
      await one.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click();

    // A page that was open too long: the other one rejected meanwhile.
    await page.goto(`/manage/approvals?payment=${payments['stale']}`);
    await page.getByLabel('Reason').fill('looks fine');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await expect(page.getByRole('dialog').getByText('Review what you sign')).toBeVisible();
    await second.goto(`/manage/approvals?payment=${payments['stale']}`);
    await second.getByLabel('Reason').fill('not from her');
    await second.getByRole('button', { name: 'Reject' }).click();
    await sign(second);
    await done(second);
    await sign(page);
    const late = page.getByRole('dialog');
    await expect(late.getByText(`It is rejected already, by ${carol.name}`)).toBeVisible();
    await expect(late.getByText('“not from her”')).toBeVisible();
    await late.getByRole('button', { name: 'Done', exact: true }).click();
    await expect(page.getByText('The money has been given back.').first()).toBeVisible();

    // What was decided stays readable, and the bank agrees.
    await page.getByRole('tab', { name: 'Decided' }).click();
    const table = page.getByRole('table', { name: 'Decided' });
    await expect(table.getByRole('row').filter({ hasText: 'not from her' })).toBeVisible();
    await expectAccessible(page);
    await table.getByRole('row').filter({ hasText: 'not from her' }).getByRole('button').click();
    await expect(page.getByRole('button', { name: 'Back to what was decided' })).toBeVisible();
    const [left] = bank.json<{ payment: string }[]>('manager', 'approvals', 'list', '--status', 'rejected');
    expect(left?.payment).toBe(payments['stale']);
  },
);

test('a manager works for a customer: search, open, fund, freeze, overdraft, close, lock, revoke', async ({
  page,
  another,
  bank,
}, info) => {
  const mobile = info.project.name !== 'desktop';
  const customer = await becomeCustomer(await another(), `Dora ${info.project.name} Dale`);
  await enterAs(page, bank, 'manager', '/manage/customers');
  await page.getByLabel('Name or e-mail').fill('nobody of that name at all');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nobody of that name')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await page.getByLabel('Name or e-mail').fill(customer.name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/search=/);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: customer.name }).click();
  await expect(page.getByRole('heading', { level: 1, name: customer.name })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Accounts' }).getByText('0.00').last()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  if (mobile) {
    // Each pairing of one person counts against a budget: so a telephone looks at the other pages here.
    for (const path of ['/manage/approvals', '/manage/approvals?tab=decided', '/manage/requests']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    return;
  }

  await page.getByRole('button', { name: 'Open an account' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  const accounts = page.getByRole('table', { name: 'Accounts' });
  await expect(accounts.getByRole('button')).toHaveCount(2);

  const drawer = page.getByRole('dialog');
  await accounts.getByRole('button').first().click();
  await expect(drawer.getByText('Nothing has moved on this account yet.')).toBeVisible();
  await expectAccessible(page);
  await drawer.getByRole('button', { name: 'Fund' }).click();
  await page.getByLabel('Amount in EUR').fill('1.234');
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('This can be 1,234.00 EUR or 1.23 EUR')).toBeHidden();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Amount in EUR').fill('1.234,50');
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByRole('dialog').getByText('1,234.50')).toBeVisible();
  await sign(page);
  await done(page);
  await expect(drawer.getByText('+1,234.50')).toBeVisible();

  await drawer.getByRole('button', { name: 'Overdraft' }).click();
  await page.getByLabel('Amount in EUR').fill('500');
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  await expect(drawer.getByText('500.00')).toBeVisible();
  await expect(drawer.getByRole('button', { name: 'Close', exact: true }).last()).toBeDisabled();

  await drawer.getByRole('button', { name: 'Freeze or unfreeze' }).click();
  await page.getByLabel('Nothing may leave the account').check();
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('Say why, in a few words.')).toBeVisible();
  await page.getByLabel('Reason').fill('reported stolen');
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByRole('dialog').getByText('Money may leave')).toBeVisible();
  await sign(page);
  await done(page);
  await expect(drawer.getByText('Nothing may leave')).toBeVisible();
  await drawer.getByRole('button', { name: 'Freeze or unfreeze' }).click();
  await expect(page.getByLabel('Nothing may leave the account')).toBeChecked();
  await page.getByLabel('Nothing may leave the account').uncheck();
  await page.getByLabel('Reason').fill('found again');
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  await expect(drawer.getByText('Open', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');

  // The other account is empty, so it can be closed.
  await accounts.getByRole('button').last().click();
  await drawer.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  await expect(drawer.getByText('The account is closed.')).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Lock out' }).click();
  await page.getByLabel('Reason').fill('asked for by telephone');
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  await expect(page.getByRole('button', { name: 'Let in again' })).toBeVisible();

  await page.getByRole('table', { name: 'Devices' }).getByRole('button').first().click();
  await expect(drawer.getByText('Certificate in words')).toBeVisible();
  await expectAccessible(page);
  await drawer.getByRole('button', { name: 'Revoke the device' }).click();
  await page.getByRole('button', { name: 'Review' }).click();
  await sign(page);
  await done(page);
  await expect(page.getByRole('table', { name: 'Devices' }).getByText('Revoked')).toBeVisible();
});

test('a refusal of the bank keeps what was typed, and says why', { tag: '@desktop' }, async ({
  page,
  another,
  bank,
}) => {
  const customer = await becomeCustomer(await another(), 'Emil Ek');
  await enterAs(page, bank, 'manager', `/manage/customers/${customer.user}?account=${customer.account}`);
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('Review what you sign')).toBeVisible();
  // Meanwhile somebody puts money on it.
  bank.cli('manager', 'fund', customer.number, '10 EUR', '--yes');
  await sign(page);
  await expect(page.getByText('Refused, and recorded').first()).toBeVisible();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('not empty');
  await expectAccessible(page);

  // Now it is known before anything is signed.
  await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click();
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByText('The bank would refuse this')).toBeVisible();
});

test('an answer that is lost is asked for again, and nothing happens twice', { tag: '@desktop' }, async ({
  page,
  another,
  bank,
}) => {
  const customer = await becomeCustomer(await another(), 'Fay Frost');
  await enterAs(page, bank, 'manager', `/manage/customers/${customer.user}?account=${customer.account}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Fund' }).click();
  await page.getByLabel('Amount in EUR').fill('25');
  await page.getByRole('button', { name: 'Review' }).click();
  // The bank takes it; what it says never arrives.
  const bodies: string[] = [];
  await page.route('**/api/accounts/fund', async (route) => {
    bodies.push(route.request().postData() ?? '');
    await route.fetch();
    await route.abort('connectionreset');
  });
  await sign(page);
  await expect(page.getByText('No answer has come yet')).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page);
  await page.unroute('**/api/accounts/fund');
  // The browser is closed meanwhile: what was written down is asked about.
  await page.goto('/manage/customers');
  await expect(page.getByText('Funding of an account: you signed it')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Ask the bank' }).click();
  const again = page.waitForRequest('**/api/accounts/fund');
  await page.getByRole('button', { name: 'Ask the bank again' }).click();
  expect(new Set([...bodies, (await again).postData()]).size).toBe(1);
  await done(page);
  await expect(page.getByText('Funding of an account: you signed it')).toBeHidden();
  await page.goto(`/manage/customers/${customer.user}?account=${customer.account}`);
  await expect(page.getByRole('dialog').getByText('+25.00')).toHaveCount(1);
});

test('nobody else sees these pages', { tag: '@desktop' }, async ({ page, bank }) => {
  await enterAs(page, bank, 'auditor_clerk');
  await expect(page.getByRole('link', { name: 'Approvals' })).toHaveCount(0);
});
