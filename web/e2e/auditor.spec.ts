import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { binary } from './bank';
import { enterAs } from './staff';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

test.describe.configure({ timeout: 240_000 });

test('the trail is searched, and a leaf is proved and opened', async ({ page, bank }, info) => {
  await enterAs(page, bank, 'auditor_clerk', '/audit');
  const table = page.getByRole('table', { name: 'Leaves of the log' });
  await expect(table.getByRole('row').nth(1)).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // Filters stand in the address, and outlive a reload.
  if (info.project.name !== 'desktop') await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByLabel('Kind', { exact: true }).click();
  await page.getByRole('option', { name: /^Enrolment of a device/ }).click();
  await expect(page).toHaveURL(/kind=user\.enrol/);
  await page.reload();
  await expect(table.getByText('Enrolment of a device').first()).toBeVisible();
  await expect(table.getByText('Sign-in', { exact: true })).toHaveCount(0);
  const csv = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as CSV' }).click();
  const file = info.outputPath('trail.csv');
  await (await csv).saveAs(file);
  const lines = readFileSync(file, 'utf8').trim().split('\r\n');
  expect(lines[0]).toMatch(/^leaf,at,kind/);
  expect(lines.slice(1).every((line) => line.includes('user.enrol'))).toBe(true);
  await page.goto('/audit?kind=day.closed&from=2001-01-01T00:00:00.000000Z&to=2001-01-02T00:00:00.000000Z');
  await expect(page.getByText('Nothing of that is recorded')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filters' }).first().click();
  await expect(table.getByRole('row').nth(1)).toBeVisible();

  // One leaf: the public proofs first.
  await page.goto('/audit?kind=user.enrol&outcome=accepted');
  await table.getByRole('row').nth(1).getByRole('button').first().click();
  await expect(page.getByRole('heading', { level: 1, name: /^Leaf \d+$/ })).toBeVisible();
  await expect(page.getByText('Its hash leads to the signed root')).toBeVisible();
  await expect(page.getByText('The newest head is signed by the bank’s log')).toBeVisible();
  await expect(page.getByText(/: failed/)).toHaveCount(0);
  await expect(page.getByText('Closed', { exact: true })).toHaveCount(5);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  if (info.project.name !== 'desktop') {
    // Each pairing of one person counts against a budget: so a telephone looks at the other pages here.
    await page.goto('/audit/integrity');
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(page.getByText(/^All [\d,]+ leaves make the signed root$/)).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.goto('/audit/accountability?about=window');
    await expect(page.getByLabel('From (UTC)')).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    return;
  }

  // Then what is in it, which the auditor signs for.
  await page.getByRole('button', { name: 'Open the groups' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('Accountability report')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(dialog.getByText('Done, and recorded').first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(page.getByText('Opened, and it fits')).toHaveCount(5);
  await expect(page.getByText('The signature is the signer’s')).toBeVisible();
  await expect(page.getByText('What the signer was allowed to do then')).toBeVisible();
  await expectAccessible(page);
  const bundle = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the receipt' }).click();
  const receipt = info.outputPath('leaf.json');
  await (await bundle).saveAs(receipt);
  execFileSync(binary(), ['receipt', 'verify', receipt, '--trust', bank.trustFile]);

  // Next to it by keyboard; a later head is proved to grow from the one that was seen.
  await page.keyboard.press('k');
  await expect(
    page.getByText(/The log of \d+ leaves, seen here before, is the beginning of this one/),
  ).toBeVisible();
  await expect(page.getByText('Closed', { exact: true })).toHaveCount(5);
  await page.goto('/audit/999999999');
  await expect(page.getByText('There is no such leaf')).toBeVisible();
});

test('an integrity run computes the tree itself, and says what it found', { tag: '@desktop' }, async ({
  page,
  bank,
}) => {
  await enterAs(page, bank, 'auditor_clerk', '/audit/integrity');
  await expect(page.getByRole('table', { name: 'Heads that this browser has seen' })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/^All [\d,]+ leaves make the signed root$/)).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('A sample').check();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByText(/leaves by chance are in the signed tree$/)).toBeVisible();

  // A log that gives another leaf is found out.
  await page.getByLabel('Every leaf').check();
  await page.route('**/api/log/entries*', async (route) => {
    const answer = await route.fetch();
    const entries = (await answer.json()) as { leaves: string[] };
    entries.leaves = entries.leaves.map((leaf, at) => (at === 3 ? `${leaf.slice(0, -4)}AAAA` : leaf));
    await route.fulfill({ response: answer, json: entries });
  });
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByRole('alert').getByText('The log is not what was signed')).toBeVisible();
});

test(
  'an accountability report is signed for, proved, printed and verified',
  { tag: '@desktop' },
  async ({ page, bank }, info) => {
    await enterAs(page, bank, 'auditor_clerk', '/audit/accountability');
    await page.getByRole('button', { name: 'Review and sign' }).click();
    await expect(page.getByText('Choose a person.')).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.goto('/audit/accountability?about=window');
    await page.getByRole('button', { name: 'Review and sign' }).click();
    await expect(page.getByText('A window of time begins somewhere.')).toBeVisible();
    await page.getByLabel('From (UTC)').fill('2020-01-01T00:00');
    await page.getByRole('button', { name: 'Review and sign' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText('A window of time')).toBeVisible();
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
    await expect(dialog.getByText('Done, and recorded').first()).toBeVisible();
    await dialog.getByRole('button', { name: 'Done', exact: true }).click();
    const paper = page.getByRole('article', { name: 'Accountability report' });
    await expect(paper.getByText(/leaves are proved in this browser/)).toBeVisible({ timeout: 30_000 });
    await expect(paper.getByText('Not proved')).toHaveCount(0);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const file = info.outputPath('report.json');
    await (await download).saveAs(file);
    const told = execFileSync(binary(), ['audit', 'verify', file, '--trust', bank.trustFile, '-o', 'json']);
    expect(JSON.parse(told.toString())).toMatchObject({ valid: true, subject: 'window' });

    // On paper there is the report, and nothing to press.
    await page.emulateMedia({ media: 'print' });
    await expect(paper).toBeVisible();
    await expect(page.getByRole('button', { name: 'Review and sign' })).toBeHidden();
    await expect(page.getByRole('navigation', { name: 'Main' }).first()).toBeHidden();
  },
);
