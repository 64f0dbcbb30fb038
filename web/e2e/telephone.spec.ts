/** Every page on a telephone that no task of the other tests leads to there: it fits, and is accessible. */
import { test } from './customer';
import { enterAs } from './staff';
import { expect, expectAccessible, expectNoSidewaysScroll } from './test';

test.describe.configure({ timeout: 180_000 });

type Page = import('@playwright/test').Page;

async function look(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
}

async function lookAt(page: Page, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(path);
    await look(page);
  }
}

/** Opens a dialog, looks at it, and closes it again. */
async function lookInto(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
}

test('what a customer seldom needs fits a telephone', { tag: '@mobile' }, async ({ page, enter }) => {
  await enter('20');
  await lookAt(page, ['/payments?tab=templates', '/security?tab=signin']);
  await lookInto(page, 'Set a password');
  await lookAt(page, ['/security?tab=sessions', '/security?tab=activity', '/security?tab=proof']);
  await expect(page.getByText('It leads to the bank’s root: passed')).toBeVisible();
  await lookAt(page, ['/security/rotate', '/security/live']);
});

test('the pages of the administrator fit a telephone', { tag: '@mobile' }, async ({ page, bank }) => {
  await enterAs(page, bank, 'system_admin');
  await lookAt(page, ['/admin/users?tab=invitations']);
  await lookInto(page, 'Invite somebody');
  await lookAt(page, ['/admin/users']);
  await page.getByRole('table').getByRole('button').first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page);
  await lookAt(page, ['/admin/roles', '/admin/roles?tab=matrix', '/admin/roles?tab=custom']);
  await lookInto(page, 'Define a role');
  await lookAt(page, ['/admin/pki', '/admin/pki?tab=certificates', '/admin/pki?tab=crl', '/admin/system']);
  await lookAt(page, ['/admin/system?tab=policies']);
  await lookInto(page, 'Propose a change');
  await lookAt(page, ['/admin/system?tab=addresses']);
  await lookInto(page, 'Add a rule');
  await lookAt(page, ['/admin/system?tab=webhooks', '/security/live']);
});
