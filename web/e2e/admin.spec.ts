import { DemoBank } from './demo-bank';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from './test';

let demo: DemoBank;
test.describe.configure({ mode: 'serial', timeout: 150_000 });
test.beforeAll(async () => {
  test.setTimeout(150_000);
  demo = await DemoBank.start();
});
test.afterAll(() => demo?.close());

test('the bank is watched second by second, stands still when told, and two tabs listen once', {
  tag: '@desktop',
}, async ({ page, context }) => {
  await demo.enter(page, 'Administrator', '/security/live');
  await expect(page.getByRole('heading', { level: 1, name: 'Live security' })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText(/accepted and \d+ refused in the last/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Risk verdicts' })).toBeVisible();
  await expect(page.getByText('Suite of the bank')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

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

test('a customer may not watch, and is told so', { tag: '@desktop' }, async ({ page }) => {
  await demo.enter(page, 'Customer', '/security/live');
  await expect(page.getByRole('heading', { level: 1, name: 'This page is not for your role' })).toBeVisible();
  await expectAccessible(page);
});

test('somebody is found, locked out under a reason, and let in again; each with a proof', {
  tag: '@desktop',
}, async ({ page }) => {
  await demo.enter(page, 'Administrator', '/admin/users');
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel('Name or e-mail').fill('nobody of that name');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nobody of that name')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await page.getByLabel('Name or e-mail').fill('Wim');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/search=Wim/);
  await page.getByRole('button', { name: 'Wim' }).click();
  const drawer = page.getByRole('dialog', { name: 'Wim' });
  await expect(drawer.getByText('Generation 1')).toBeVisible();
  await expectAccessible(page);

  for (const [deed, done] of [
    ['Lock out', 'is locked out'],
    ['Let in again', 'may sign in again'],
  ] as const) {
    await drawer.getByRole('button', { name: deed }).click();
    const dialog = page.getByRole('dialog', { name: deed });
    await expect(dialog.getByRole('button', { name: 'Review' })).toBeDisabled();
    await dialog.getByLabel('Reason').fill('as the browser test asks');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Review' }).click();
    await expect(dialog.getByRole('heading', { name: 'Review what you sign' })).toBeFocused();
    await expect(dialog.getByText('as the browser test asks')).toBeVisible();
    await dialog.getByRole('button', { name: deed }).click();
    await expect(dialog.getByText(done)).toBeVisible();
    await expect(dialog.getByText('Checked in this browser')).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Done' }).click();
  }
});

test(
  'an invitation of staff waits for a second person, who approves it',
  { tag: '@desktop' },
  async ({ page, another }, info) => {
    const name = `Vera of ${info.project.name}`;
    await demo.enter(page, 'Administrator', '/admin/users?tab=invitations');
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    const dialog = page.getByRole('dialog', { name: 'Invite somebody' });
    await dialog.getByLabel('Auditor clerk').check();
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('E-mail').fill(`vera-${info.project.name}@staff.example`);
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Sign the invitation' }).click();
    await expect(dialog.locator('[data-invitation]')).toContainText('strongroom-invitation-1.');
    await dialog.getByRole('button', { name: 'Done' }).click();
    const row = (of: typeof page) => of.getByRole('row').filter({ hasText: name });
    await expect(row(page)).toContainText('somebody else approves');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);

    const second = await another();
    await demo.enter(second, 'Manager', '/admin/users?tab=invitations');
    await row(second).getByRole('button', { name: 'Approve' }).click();
    const approval = second.getByRole('dialog', { name: 'Approve' });
    await expect(approval.getByText(name).first()).toBeVisible();
    await approval.getByRole('button', { name: 'Approve' }).click();
    await expect(approval.getByText('may enrol now')).toBeVisible();
  },
);

test(
  'a role is defined and granted, and the bank says in sentences what it takes away',
  { tag: '@desktop' },
  async ({ page }, info) => {
    const role = `only_looks_${info.project.name}`;
    await demo.enter(page, 'Administrator', '/admin/roles?tab=matrix');
    await expect(page.getByRole('row', { name: /roles:manage/ })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole('tab', { name: 'Custom roles' }).click();
    await page.getByRole('button', { name: 'Define a role' }).click();
    const define = page.getByRole('dialog', { name: 'Define a role' });
    await define.getByLabel('Name').fill(role);
    await define.getByLabel('Narrows').click();
    await page.getByRole('option', { name: 'Customer' }).click();
    await define.getByLabel('accounts:read').check();
    await expectAccessible(page);
    await define.getByRole('button', { name: 'Review' }).click();
    await define.getByRole('button', { name: 'Sign the role' }).click();
    await expect(define.getByText('is in force from now on')).toBeVisible();
    await define.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('row', { name: new RegExp(role) })).toContainText('accounts:read');

    await page.goto(demo.url(`/admin/users?search=${info.project.name === 'desktop' ? 'Xia' : 'Yan'}`));
    await page.getByRole('button', { name: /^(Xia|Yan)$/ }).click();
    const drawer = page.getByRole('dialog', { name: /Xia|Yan/ });
    await drawer.getByRole('button', { name: 'Narrow to a role' }).click();
    const grant = page.getByRole('dialog', { name: 'Narrow to a role' });
    await grant.getByLabel('Custom role').click();
    await page.getByRole('option', { name: new RegExp(role) }).click();
    await grant.getByRole('button', { name: 'Review' }).click();
    await grant.getByRole('button', { name: 'Narrow to a role' }).click();
    await expect(grant.getByText('may now do only what')).toBeVisible();
    await grant.getByRole('button', { name: 'Done' }).click();
    await drawer.getByRole('link', { name: 'What may this person do?' }).click();

    await page.getByLabel('Permission', { exact: true }).click();
    await page.getByRole('option', { name: 'transfers:submit' }).click();
    await page.getByRole('button', { name: 'Ask the bank' }).click();
    await expect(page.getByText(`The custom role ${role} takes it away.`)).toBeVisible();
    await expect(page.getByText('May not')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('A request').check();
    await page.getByLabel('Path').fill('/api/nowhere');
    await page.getByRole('button', { name: 'Ask the bank' }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
  },
);

test(
  'what ends when is seen, and a certificate is found and revoked',
  { tag: '@desktop' },
  async ({ page }, info) => {
    await demo.enter(page, 'Administrator', '/admin/pki');
    await expect(page.getByRole('figure', { name: 'What ends when' })).toContainText('Next to end');
    await expect(page.getByText('In force', { exact: true })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole('tab', { name: 'Revocation list' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download (DER)' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^crl-\d+\.der$/);
    await expectAccessible(page);

    await page.getByRole('tab', { name: 'Certificates' }).click();
    await expect(page.getByRole('heading', { name: 'In use' })).toBeVisible();
    await expect(page.getByRole('table', { name: 'Certificates' }).getByRole('row').nth(1)).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Person').fill(info.project.name === 'desktop' ? 'Zoe' : 'Ann');
    await page.getByRole('option', { name: /Zoe|Ann/ }).click();
    await page.getByRole('table', { name: 'Certificates' }).getByRole('button').first().click();
    const drawer = page.getByRole('dialog', { name: 'Generation 1' });
    await expect(drawer.getByText('In words')).toBeVisible();
    await expectAccessible(page);
    await drawer.getByRole('button', { name: 'Revoke' }).click();
    const revoke = page.getByRole('dialog', { name: 'Revoke' });
    await revoke.getByLabel('No longer needed').check();
    await revoke.getByRole('button', { name: 'Review' }).click();
    await revoke.getByRole('button', { name: 'Sign the revocation' }).click();
    await expect(revoke.getByText('The certificate is revoked.')).toBeVisible();
    await revoke.getByRole('button', { name: 'Done' }).click();
    await expect(drawer.getByText('Revoked')).toBeVisible();
  },
);

test(
  'the bank says how it stands; a policy is proposed with its difference and approved by a second person',
  { tag: '@desktop' },
  async ({ page, another }, info) => {
    const scope = info.project.name === 'desktop' ? 'role:customer' : 'role:manager';
    await demo.enter(page, 'Administrator', '/admin/system');
    await expect(page.getByText('Each process counts for itself.')).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole('tab', { name: 'Policies' }).click();
    await page.getByRole('button', { name: 'Propose a change' }).click();
    const propose = page.getByRole('dialog', { name: 'Propose a change' });
    await expect(propose.getByLabel('Says')).toHaveValue(/per_day/); // what is in force
    await propose.getByLabel('For', { exact: true }).fill(scope);
    await expect(propose.getByLabel('Says')).toHaveValue('{}');
    await propose.getByLabel('Says').fill('{"per_day": 5}');
    await expect(propose.getByText('no JSON object of texts')).toBeVisible();
    await propose.getByLabel('Says').fill('{"per_dya": "5000"}');
    await propose.getByRole('button', { name: 'Review' }).click();
    await expect(propose.getByRole('alert').first()).toBeVisible();
    await propose.getByLabel('Says').fill('{"per_day": "5000"}');
    await expectAccessible(page);
    await propose.getByRole('button', { name: 'Review' }).click();
    await propose.getByRole('button', { name: 'Sign the proposal' }).click();
    await expect(propose.getByText('waits for a second person')).toBeVisible();
    await propose.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByText('A second person decides this one.').first()).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);

    const second = await another();
    await demo.enter(second, 'Manager', '/admin/system?tab=policies');
    const waiting = second.getByRole('listitem').filter({ hasText: scope });
    await waiting.getByRole('button', { name: 'Approve' }).click();
    const approve = second.getByRole('dialog', { name: 'Approve' });
    await expect(approve.getByText('5000')).toBeVisible();
    await approve.getByRole('button', { name: 'Sign the approval' }).click();
    await expect(approve.getByText('The policy is in force.')).toBeVisible();
    await approve.getByRole('button', { name: 'Done' }).click();
    await expect(second.getByRole('row').filter({ hasText: scope })).toContainText('5000');
  },
);

test('an address rule is refused in words, then set and ended; no endpoint is told so', {
  tag: '@desktop',
}, async ({ page }) => {
  await demo.enter(page, 'Administrator', '/admin/system?tab=addresses');
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const add = page.getByRole('dialog', { name: 'Add a rule' });
  await add.getByLabel('Who').click();
  await page.getByRole('option', { name: 'Auditor clerk' }).click();
  await add.getByLabel('Rule').click();
  await page.getByRole('option', { name: 'may not come from' }).click();
  await add.getByLabel('Network').fill('192.0.2.0/99');
  await expectAccessible(page);
  await add.getByRole('button', { name: 'Review' }).click();
  await expect(add.getByRole('alert').first()).toBeVisible();
  await add.getByLabel('Network').fill('192.0.2.0/24');
  await add.getByRole('button', { name: 'Review' }).click();
  await add.getByRole('button', { name: 'Sign the rule' }).click();
  await expect(add.getByText('The rule is in force.')).toBeVisible();
  await add.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row').filter({ hasText: '192.0.2.0/24' });
  await row.getByRole('button', { name: 'End it' }).first().click();
  const end = page.getByRole('dialog', { name: 'End it' });
  await end.getByRole('button', { name: 'End it' }).click();
  await expect(end.getByText('The rule has ended.')).toBeVisible();
  await end.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('tab', { name: 'Webhooks' }).click();
  await expect(page.getByText('No endpoint')).toBeVisible();
  await expectAccessible(page);
});
