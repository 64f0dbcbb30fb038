/**
 * Walks through the tasks of the user guide (docs/guide) in a demo bank after its day, and takes its pictures:
 * `npm run pictures`. What the pages do is proved by the other tests, so this one runs when pictures are asked for.
 */
import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { DemoBank } from './demo-bank';
import { sign } from './staff';
import { Authenticator, expect, test } from './test';

test.skip(!process.env['STRONGROOM_PICTURES'], 'pictures are taken when asked for: STRONGROOM_PICTURES=1');
test.describe.configure({ mode: 'serial', timeout: 300_000 });

const KEYS_MS = 40_000;
const ALICE = 'has a new key since noon';
/** Rules of the risk engine that a demo's day would hit. */
const HURRIED =
  'takeover mule-through fan-in-then-out round-trip young-payee fan-out velocity-burst payee-fan-in large-to-new-payee ' +
  'far-above-habit above-largest most-of-balance new-device new-key new-beneficiary';
const PHONE = { width: 390, height: 844 };
const NORA = { name: 'Nora Lindholm', email: 'nora@customers.example' };

let demo: DemoBank;
test.beforeAll(async () => {
  test.setTimeout(300_000);
  demo = await DemoBank.start({ customers: 24, intents: 1_500 });
});
test.afterAll(() => demo?.close());

const you = (page: Page) => page.getByRole('button', { name: 'You and this session' });

/** What an authenticator shows (RFC 6238), a step ago. */
function totp(secret: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/[\s=]/g, '')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) - 1));
  const mac = createHmac('sha1', key).update(counter).digest();
  return ((mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

test('getting started', { tag: '@desktop' }, async ({ page, another, picture }) => {
  await page.goto(demo.door);
  await expect(page.getByRole('button', { name: 'Enter as Administrator' })).toBeVisible();
  await picture('demo');
  await Authenticator.plugInto(page);
  await page.goto(demo.url('/login'));
  await expect(page.getByText('This browser has no keys yet')).toBeVisible();
  await picture('login');
  await page.goto(demo.url('/enrol'));
  await page.getByLabel('Your name').fill(NORA.name);
  await page.getByLabel('E-mail').fill(NORA.email);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByLabel(/Locked by your passkey/)).toBeChecked();
  await picture('enrol-custody');
  await page.getByRole('button', { name: 'Make my keys' }).click();
  await expect(page.getByRole('heading', { name: `Welcome, ${NORA.name}` })).toBeVisible({
    timeout: KEYS_MS,
  });
  await picture('enrol');
  await page.getByRole('button', { name: 'Go to my bank' }).click();
  await expect(you(page)).toBeVisible();

  await page.goto(demo.url('/security/add-device'));
  await expect(page.getByRole('img', { name: 'Address for the new device' })).toBeVisible();
  await picture('pair-address');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the address' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'The new device shows a code' }).click();
  const phone = await another();
  await phone.setViewportSize(PHONE);
  await phone.goto(link);
  await phone.getByLabel('What to call this device').fill('My telephone');
  await phone.getByRole('button', { name: 'Show the code' }).click();
  const shown = phone.getByTestId('match-number');
  await expect(shown).toBeVisible({ timeout: KEYS_MS });
  await picture('pair-phone', phone);
  await phone.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await phone.getByRole('button', { name: 'Copy the text of the code' }).click();
  const code = await phone.evaluate(() => navigator.clipboard.readText());
  await page.getByLabel('Text of the code').fill(code);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Number that the new device shows').fill((await shown.textContent()) ?? '');
  await picture('pair-compare');
  await page.getByRole('button', { name: 'Sign and let it in' }).click();
  await expect(page.getByRole('heading', { name: 'The new device may come in' })).toBeVisible();
  await phone.getByRole('button', { name: 'Finish' }).click();
  await expect(you(phone)).toBeVisible({ timeout: KEYS_MS });
  await page.goto(demo.url('/security?tab=devices'));
  await expect(page.getByText('My telephone')).toBeVisible();
  await picture('security');

  await page.goto(demo.url('/security?tab=signin'));
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill('the pictures of a guide are taken by its tests');
  await page.getByRole('dialog').getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Set up an authenticator' }).click();
  const secret = (await page.getByTestId('totp-secret').textContent()) ?? '';
  await page.getByLabel('The six digits that it shows').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
  await picture('recovery-codes');
  const codes = await page.getByRole('list', { name: 'Your recovery codes' }).locator('li').allTextContents();

  const lost = await another();
  await lost.goto(demo.url('/recover'));
  await lost.getByLabel('Your registered e-mail').fill(NORA.email);
  await lost.getByLabel('Recovery code').fill(codes[0] ?? '');
  await lost.getByRole('button', { name: 'Ask for recovery' }).click();
  await expect(lost.getByText('Waiting for a manager')).toBeVisible();
  await picture('recover', lost);
});

test('for customers and for managers', { tag: '@desktop' }, async ({ page, another, picture }) => {
  const [manager, admin] = [await another(), await another()];
  await demo.enter(manager, 'Manager', '/manage/customers');
  await demo.enter(admin, 'Administrator', '/admin/users');
  await admin.goto(demo.url('/admin/system?tab=policies'));
  await expect(admin.getByRole('heading', { name: 'In force' })).toBeVisible();
  await picture('policies', admin);
  // A day within seconds, and then a new device: what nobody does but a demo, and the engine would stop it.
  const value = JSON.stringify({ ceiling: 'block', off: HURRIED });
  const proposal = await sign(manager, demo.url('/login'), 'policy.propose', {
    policy: 'risk',
    scope: 'bank',
    value,
  });
  await sign(admin, demo.url('/login'), 'policy.approve', { proposal, approved: true });
  await manager.goto(demo.url('/manage/customers'));
  await manager.getByLabel('Name or e-mail').fill('Alice');
  await manager.keyboard.press('Enter');
  await manager.getByRole('button', { name: /^Alice/ }).click();
  await expect(manager.getByRole('table', { name: 'Accounts' })).toBeVisible();
  await expect(manager.getByRole('table', { name: 'Devices' })).toBeVisible();
  await picture('manager-customer', manager);
  await manager.getByRole('table', { name: 'Accounts' }).getByRole('button').first().click();
  const drawer = manager.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Fund' }).click();
  await manager.getByLabel('Amount in EUR').fill('32000.00');
  await manager.getByRole('button', { name: 'Review' }).click();
  await manager.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(manager.getByText('Done, and recorded').first()).toBeVisible();
  await manager.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click();
  await expect(drawer.getByText('+32,000.00')).toBeVisible();
  await picture('manager-account', manager);

  await demo.enter(page, 'Customer', '/', ALICE);
  const rows = page.getByRole('table', { name: 'Last movements' }).getByRole('row');
  await expect(rows.nth(3)).toBeVisible();

  // Somebody to pay.
  const number = await payeeNumber(page);
  await page.goto(demo.url('/beneficiaries'));
  await page.getByRole('button', { name: 'Add a payee' }).click();
  const adding = page.getByRole('dialog');
  await adding.getByLabel('Account number').fill(number.number);
  await adding.getByRole('textbox', { name: 'Name' }).fill(number.name);
  await adding.getByRole('button', { name: 'Check the name' }).click();
  await expect(adding.getByText('The name matches')).toBeVisible();
  await adding.getByRole('button', { name: 'Review and sign' }).click();
  await adding.getByRole('button', { name: 'Sign and keep' }).click();
  await adding.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(page.getByRole('table', { name: 'Payees' }).getByText(number.name)).toBeVisible();

  const pay = async (amount: string, memo: string, pictures: boolean) => {
    await page.goto(demo.url('/transfer'));
    await page.getByRole('combobox', { name: 'Payee' }).click();
    await page.getByRole('option', { name: new RegExp(number.name) }).click();
    await page.getByLabel('Amount').fill(amount);
    await page.getByLabel('Memo').fill(memo);
    if (pictures) await picture('transfer');
    await page.getByRole('button', { name: 'Review' }).click();
    await expect(page.getByRole('heading', { name: 'Review what you sign' })).toBeVisible();
    if (pictures) await picture('transfer-review');
    await page.getByRole('button', { name: 'Continue to sign' }).click();
    await page.getByRole('button', { name: 'Sign and send' }).click();
    await expect(page.getByText('The proof holds')).toBeVisible();
  };
  await pay('234,50', 'Rent, November', true);
  await expect(page.getByRole('heading', { name: 'Paid' })).toBeVisible();
  await picture('receipt');
  await pay('24.500,00', 'Deposit for the flat', false);
  await expect(page.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible();
  await picture('receipt-held');
  await page.goto(demo.url('/beneficiaries'));
  await expect(page.getByRole('table', { name: 'Payees' }).getByText(number.name)).toBeVisible();
  await picture('payees');

  await page.goto(demo.url('/'));
  await expect(page.getByText('waits for the bank’s approval')).toBeVisible();
  await expect(rows.nth(3)).toBeVisible();
  await expect(page.getByText('fresh for')).toBeVisible();
  await picture('home');
  await page.getByRole('link', { name: 'EUR account' }).click();
  await expect(page.getByRole('table', { name: 'Movements' }).getByRole('row').nth(5)).toBeVisible();
  await picture('account');

  await page.goto(demo.url('/payments?tab=orders'));
  await page.getByRole('button', { name: 'New standing order' }).click();
  const order = page.getByRole('dialog');
  await order.getByText('Number', { exact: true }).click();
  await order.getByLabel('Account number').fill(number.number);
  await order.getByLabel('Amount').fill('450');
  await order.getByLabel('First day').fill(`${new Date().getUTCFullYear() + 1}-01-31`);
  await order.getByRole('button', { name: 'Review', exact: true }).click();
  await order.getByRole('button', { name: 'Sign the order' }).click();
  await order.getByRole('button', { name: 'Done', exact: true }).click();
  await expect(page.getByRole('table', { name: 'Standing orders' }).getByText('Active')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('table', { name: 'Standing orders' }).getByText('Active')).toBeVisible();
  await picture('standing-orders');

  await page.goto(demo.url('/payments'));
  const from = await ownNumber(page);
  const today = new Date().toISOString().slice(0, 10);
  const line = (to: string, amount: string, id: string, text: string) =>
    `${from};${today};${to};${number.name};${amount};EUR;${id};${text}`;
  await page.goto(demo.url('/payments'));
  await page.locator('input[type=file]').setInputFiles({
    name: 'november.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      [
        'debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text',
        line(number.number, '64,90', 'INV-2041', 'Invoice 2041'),
        line(number.number, '120,00', 'INV-2044', 'Invoice 2044'),
        line('DE89370400440532013000', '18,00', 'CLUB-11', 'Membership'),
      ].join('\n'),
    ),
  });
  await expect(page.getByText('1 payment is left out and not signed.')).toBeVisible();
  await picture('payment-file');

  await page.goto(demo.url('/statements'));
  await expect(page.getByText('Closing balance')).toBeVisible();
  await picture('statement');

  await page.setViewportSize(PHONE);
  await page.goto(demo.url('/'));
  await expect(page.getByText('waits for the bank’s approval')).toBeVisible();
  await picture('home-phone');
  await page.goto(demo.url('/transfer'));
  await page.getByText('Number', { exact: true }).click();
  await page.getByLabel('Account number').fill(number.number);
  await page.getByLabel('Amount').fill('48.20');
  await expect(page.getByText('Understood as 48.20 EUR')).toBeVisible();
  await picture('transfer-phone');

  await manager.goto(demo.url('/manage/requests'));
  await expect(manager.getByText(NORA.name)).toBeVisible();
  await picture('manager-requests', manager);
  await manager.goto(demo.url('/manage/approvals'));
  await manager.getByRole('list', { name: 'Payments that wait' }).getByRole('button').first().click();
  await expect(manager.getByText('It is above the amount from which on a person decides.')).toBeVisible();
  await expect(manager.getByText('went to this payee')).toBeVisible();
  await manager.evaluate(() => window.scrollTo(0, 0));
  await picture('manager-approvals', manager);
  await manager.getByLabel('Reason').fill('Called her: the deposit for her new flat');
  await manager.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(manager.getByRole('dialog').getByText('Called her')).toBeVisible();
  await picture('manager-decide', manager);
  await manager.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(manager.getByText('Done, and recorded').first()).toBeVisible();
});

/** Number and name of the other side of a payment that this customer made. */
async function payeeNumber(page: Page): Promise<{ number: string; name: string }> {
  const other = await page.context().browser()?.newContext();
  if (!other) throw new Error('no browser');
  const theirs = await other.newPage();
  await demo.enter(theirs, 'Customer', '/', 'an ordinary customer');
  const number = await ownNumber(theirs);
  const title = (await theirs.getByRole('heading', { level: 1 }).textContent()) ?? '';
  await other.close();
  return { number, name: title.replace(/^Good to see you, /, '') };
}

async function ownNumber(page: Page): Promise<string> {
  await page.goto(demo.url('/'));
  const shown = await page
    .getByText(/^SR\d\d( \d+)+$/)
    .first()
    .textContent();
  return (shown ?? '').replaceAll(' ', '');
}

test('for auditor clerks', { tag: '@desktop' }, async ({ page, picture }) => {
  await demo.enter(page, 'Auditor clerk', '/audit?kind=transfer');
  const table = page.getByRole('table', { name: 'Leaves of the log' });
  await expect(table.getByRole('row').nth(5)).toBeVisible();
  await picture('auditor-trail');
  await table.getByRole('row').nth(1).getByRole('button').first().click();
  await expect(page.getByText('Its hash leads to the signed root')).toBeVisible();
  await page.getByRole('button', { name: 'Open the groups' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('Done, and recorded').first()).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click();
  await expect(page.getByText('Opened, and it fits')).toHaveCount(5);
  await expect(page.getByText('The signature is the signer’s')).toBeVisible();
  await picture('auditor-leaf');
  await page.goto(demo.url('/audit/integrity'));
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/^All [\d,]+ leaves make the signed root$/)).toBeVisible({ timeout: KEYS_MS });
  await picture('auditor-integrity');
  await page.goto(demo.url('/audit/accountability?about=window'));
  const since = new Date(Date.now() - 10 * 60_000).toISOString().slice(0, 16);
  await page.getByLabel('From (UTC)').fill(since);
  await page.getByRole('button', { name: 'Review and sign' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('Done, and recorded').first()).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Done', exact: true }).click();
  await expect(page.getByText(/leaves are proved in this browser/)).toBeVisible({ timeout: KEYS_MS });
  await page.getByRole('article', { name: 'Accountability report' }).scrollIntoViewIfNeeded();
  await picture('auditor-report');
});

test('for administrators, and the live dashboard', { tag: '@desktop' }, async ({
  page,
  another,
  picture,
}) => {
  await demo.enter(page, 'Administrator', '/admin/users');
  await expect(page.getByRole('row').nth(5)).toBeVisible();
  await picture('people');
  await page.goto(demo.url('/admin/users?search=Bob'));
  await page.getByRole('button', { name: /^Bob/ }).click();
  await expect(page.getByRole('dialog').getByText('Generation 1')).toBeVisible();
  await picture('person');
  await page.goto(demo.url('/admin/roles'));
  await page.getByLabel('Person').fill('Bob');
  await page.getByRole('option', { name: /^Bob/ }).first().click();
  await page.getByLabel('Permission', { exact: true }).click();
  await page.getByRole('option', { name: 'transfers:submit' }).click();
  await page.getByRole('button', { name: 'Ask the bank' }).click();
  await expect(page.getByText('holds this permission')).toBeVisible();
  await picture('roles');
  await page.goto(demo.url('/admin/pki'));
  await expect(page.getByRole('figure', { name: 'What ends when' })).toContainText('Next to end');
  await expect(page.getByText('In force', { exact: true })).toBeVisible();
  await picture('certificates');
  await page.goto(demo.url('/admin/system'));
  await expect(page.getByText('Each process counts for itself.')).toBeVisible();
  await picture('system');
  await page.goto(demo.url('/security/live'));
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  // Somebody is at work, so that there is something to see.
  const busy = await another();
  await demo.enter(busy, 'Manager', '/manage/customers');
  for (let round = 0; round < 20; round += 1) {
    await busy.goto(
      demo.url(['/manage/customers', '/manage/approvals', '/manage/requests'][round % 3] ?? '/'),
    );
  }
  await picture('live');
});
