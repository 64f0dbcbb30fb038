/** A Chromium with the library in a page, under the console's policy, at the bank's origin. For Node only. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'vite';

export const browser = () => process.env.CHROMIUM_BIN;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types bank-worker";
const TYPES = { '.js': 'text/javascript', '.html': 'text/html' };
const HTML = '<!doctype html><title>library</title><script type="module" src="/page.js"></script>';
const ARGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** `isNative`: with the browser's own ML-DSA, which newer ones have without being asked. */
export const startBrowser = async (bankOrigin, isNative) => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-page-'));
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name].js' };
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('.', import.meta.url)),
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      rollupOptions: { input: { page: fileURLToPath(new URL('page.ts', import.meta.url)) }, output: names },
    },
  });
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, 'http://localhost');
    if (pathname.startsWith('/api/') || pathname.startsWith('/health')) {
      const { origin: _, ...headers } = asked.headers;
      const onward = forward(bankOrigin + asked.url, { method: asked.method, headers }, (got) => {
        answer.writeHead(got.statusCode, got.headers);
        got.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
      return;
    }
    const file = join(folder, pathname);
    const isPage = pathname === '/';
    if (!isPage && !existsSync(file)) {
      answer.writeHead(404).end();
      return;
    }
    answer.writeHead(200, {
      'content-type': TYPES[isPage ? '.html' : extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    answer.end(isPage ? HTML : readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const args = [...ARGS.split(' '), `--${isNative ? 'enable' : 'disable'}-features=WebCryptoPQC`];
  const launched = await chromium.launch({ executablePath: browser(), args });
  const context = await launched.newContext();
  const page = await context.newPage();
  const violations = [];
  const posts = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) violations.push(message.text());
  });
  page.on('request', (asked) => posts.push(asked.postData() ?? ''));
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction(() => 'strongroom' in globalThis);
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: true,
    },
  });
  return {
    violations,
    posts,
    /** Runs a body of an async function in the page; `library` is the library. */
    run: (body, given) =>
      page.evaluate(
        // The page admits no evaluation of text: the protocol's own evaluation does.
        `(async (library, given) => {${body}})(globalThis.strongroom, ${JSON.stringify(given ?? null)})`,
      ),
    reload: async () => {
      await page.reload();
      await page.waitForFunction(() => 'strongroom' in globalThis);
    },
    stop: async () => {
      await launched.close();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
