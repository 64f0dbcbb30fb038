/** What every test of the console is made with: `import { expect, test } from './test'`. */
import { writeFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, test as base, type CDPSession, expect, type Page } from '@playwright/test';
import { BankHandle } from './bank';

export { expect };

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const COLOURS = ['color-contrast', 'link-in-text-block'];
const SCHEMES = ['light', 'dark'] as const;
/** Where the user guide has its pictures from. */
const PICTURES = new URL('../../docs/guide/pictures/', import.meta.url).pathname;
const PICTURE_QUALITY = 85;
const KEY_TEXTS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /"prf"/,
  /"clientExtensionResults":\{"[^}]*results/,
  /"(?:seed|secretKey|privateKey|d)"\s*:/,
];

interface Watched {
  problems: string[];
  secrets: Set<string>;
}
const watched = new WeakMap<BrowserContext, Watched>();

/** Errors that a test provokes on purpose: a refusal of the bank is also a line in the browser's console. */
const REFUSAL = /^Failed to load resource: the server responded with a status of (4\d\d|503|504)/;
const OFFLINE = /net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|ABORTED)/;

/** Watches every page of a context: errors, violations of the policy, and what leaves the browser. */
async function watch(context: BrowserContext): Promise<Watched> {
  const found: Watched = { problems: [], secrets: new Set() };
  watched.set(context, found);
  await context.exposeBinding('strongroomNote', (_, kind: string, text: string) => {
    if (kind === 'secret') found.secrets.add(text);
    else found.problems.push(`${kind}: ${text}`);
  });
  await context.addInitScript(noteInPage);
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !REFUSAL.test(text) && !OFFLINE.test(text))
      found.problems.push(`console: ${text}`);
  });
  context.on('weberror', (error) => found.problems.push(`error: ${error.error().message}`));
  context.on('request', (request) => {
    const body = request.postDataBuffer();
    if (!body) return;
    const text = body.toString('latin1');
    const hex = body.toString('hex');
    for (const pattern of KEY_TEXTS)
      if (pattern.test(text)) found.problems.push(`key material ${pattern} to ${request.url()}`);
    for (const secret of found.secrets) {
      const bytes = Buffer.from(secret, 'hex');
      const forms = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), secret];
      if (hex.includes(secret) || forms.some((form) => text.includes(form)))
        found.problems.push(`a secret of the browser to ${request.url()}`);
    }
  });
  return found;
}

/**
 * Runs in the page before everything else. Tells what the policy stopped, and every secret that passes through WebCrypto
 * or an authenticator: outputs of the PRF, imported raw keys, exported private keys. No request may carry one.
 */
function noteInPage(): void {
  type Note = (kind: string, text: string) => void;
  const note: Note = (kind, text) =>
    (window as unknown as { strongroomNote: Note }).strongroomNote(kind, text);
  document.addEventListener('securitypolicyviolation', (event) =>
    note('policy', `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
  );
  const hex = (data: BufferSource): string => {
    const bytes =
      data instanceof ArrayBuffer
        ? new Uint8Array(data)
        : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const SHORTEST = 16;
  const secret = (data: unknown): void => {
    if ((data instanceof ArrayBuffer || ArrayBuffer.isView(data)) && data.byteLength >= SHORTEST)
      note('secret', hex(data as BufferSource));
  };
  const { subtle } = crypto;
  // An empty page is no secure context.
  if (!subtle) return;
  const importKey = subtle.importKey.bind(subtle) as (...args: unknown[]) => Promise<CryptoKey>;
  const exportKey = subtle.exportKey.bind(subtle) as (...args: unknown[]) => Promise<unknown>;
  const deriveBits = subtle.deriveBits.bind(subtle) as (...args: unknown[]) => Promise<ArrayBuffer>;
  Object.assign(subtle, {
    importKey: async (...args: unknown[]) => {
      const key = await importKey(...args);
      if (key.type !== 'public') secret(args[1]);
      return key;
    },
    exportKey: async (...args: unknown[]) => {
      const data = await exportKey(...args);
      if ((args[1] as CryptoKey).type !== 'public') secret(data);
      return data;
    },
    deriveBits: async (...args: unknown[]) => {
      const bits = await deriveBits(...args);
      secret(bits);
      return bits;
    },
  });
  if (typeof PublicKeyCredential === 'undefined') return;
  const results = PublicKeyCredential.prototype.getClientExtensionResults;
  PublicKeyCredential.prototype.getClientExtensionResults = function (this: PublicKeyCredential) {
    const told = results.call(this);
    secret(told.prf?.results?.first);
    secret(told.prf?.results?.second);
    return told;
  };
}

/** A passkey device without hands: says yes to whatever is asked, with PRF unless told otherwise. */
export class Authenticator {
  private constructor(
    private readonly session: CDPSession,
    readonly id: string,
  ) {}

  static async plugInto(page: Page, options: { prf?: boolean } = {}): Promise<Authenticator> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        hasPrf: options.prf ?? true,
        automaticPresenceSimulation: true,
      },
    });
    return new Authenticator(session, authenticatorId);
  }

  /** Whether the person is recognised; a wrong finger is `false`. */
  async verify(recognised: boolean): Promise<void> {
    await this.session.send('WebAuthn.setUserVerified', {
      authenticatorId: this.id,
      isUserVerified: recognised,
    });
  }

  async unplug(): Promise<void> {
    await this.session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.id });
  }
}

/** No violation of WCAG 2.2 AA in what is shown now, dialogs too, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // A colour on its way from one theme to the other has the contrast of neither.
    await page.evaluate(async () => {
      const changing = document.getAnimations().filter((one) => one instanceof CSSTransition);
      const settled = Promise.allSettled(changing.map((one) => one.finished));
      // One that is replaced on its way never ends.
      await Promise.race([settled, new Promise((after) => setTimeout(after, 3000))]);
    });
    // The guards of a focus trap are hidden and focusable for a moment: whoever gets there is sent on.
    // Legacy: the other mode opens a page of its own, which a strict policy does not let it reach.
    const axe = new AxeBuilder({ page }).setLegacyMode(true).exclude('[data-base-ui-focus-guard]');
    // The themes differ in colours and in nothing else: so the other rules are judged once.
    const { violations } = await (colorScheme === 'light'
      ? axe.withTags(TAGS)
      : axe.withRules(COLOURS)
    ).analyze();
    const told = violations.map(
      (one) => `${one.id} (${colorScheme}): ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
    expect(told).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Nothing is wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const width = page.viewportSize()?.width ?? 0;
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
}

interface Fixtures {
  /** Takes a picture for the user guide, when STRONGROOM_PICTURES is set: of the test's page, or of another. */
  picture: (name: string, where?: Page) => Promise<void>;
  /** A further browser, watched as the first: for two people, or two devices of one. */
  another: () => Promise<Page>;
  watched: undefined;
}

export const test = base.extend<Fixtures, { bank: BankHandle }>({
  bank: [
    // biome-ignore lint/correctness/noEmptyPattern: the first argument must be a pattern
    async ({}, use) => {
      const facts = process.env['STRONGROOM_E2E_BANK'];
      if (!facts) throw new Error('no bank: the set-up did not run');
      await use(new BankHandle(JSON.parse(facts)));
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ bank }, use) => use(bank.origin),
  context: async ({ context }, use) => {
    const found = await watch(context);
    await use(context);
    expect(found.problems, 'errors, violations and leaks of the page').toEqual([]);
  },
  another: async ({ browser, baseURL, viewport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...(baseURL ? { baseURL } : {}), viewport });
      await watch(context);
      contexts.push(context);
      return context.newPage();
    });
    for (const context of contexts) {
      expect(watched.get(context)?.problems, 'errors, violations and leaks of another page').toEqual([]);
      await context.close();
    }
  },
  picture: async ({ page }, use) => {
    await use(async (name, where = page) => {
      if (!process.env['STRONGROOM_PICTURES']) return;
      await where.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await where.evaluate(async () => {
        await document.fonts.ready;
        const moving = Promise.allSettled(document.getAnimations().map((one) => one.finished));
        await Promise.race([moving, new Promise((after) => setTimeout(after, 800))]);
      });
      // The browser itself writes WebP, which Playwright does not offer: a third of the bytes of a PNG.
      const session = await where.context().newCDPSession(where);
      const shot = { format: 'webp', quality: PICTURE_QUALITY } as const;
      const { data } = await session.send('Page.captureScreenshot', shot);
      writeFileSync(`${PICTURES}${name}.webp`, Buffer.from(data, 'base64'));
    });
  },
});

/** Problems that were seen so far: for tests of the harness itself. */
export const problemsOf = (page: Page): string[] => watched.get(page.context())?.problems ?? [];
