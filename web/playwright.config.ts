import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/setup.ts',
  fullyParallel: true,
  workers: 2,
  timeout: 45_000,
  forbidOnly: Boolean(process.env['CI']),
  // What fails once and then passes is told as flaky; it does not hold up a release.
  retries: process.env['CI'] ? 2 : 0,
  reporter: [['list']],
  expect: { timeout: 10_000 },
  use: {
    actionTimeout: 10_000,
    // The page as it was at each step; kept of every test it costs a seventh of its time. By hand: --trace on.
    trace: { mode: 'on-first-retry', screenshots: false },
    // The distribution's browser: nothing is fetched for the tests.
    launchOptions: {
      executablePath: process.env['STRONGROOM_CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
      ],
    },
  },
  // What does not depend on the width of the window is proved once, in one of them.
  projects: [
    { name: 'desktop', grepInvert: /@mobile/, use: { viewport: { width: 1280, height: 800 } } },
    {
      name: 'mobile',
      grepInvert: /@desktop/,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true },
    },
  ],
});
