/** The library in a real Chromium, each tier of custody against a real bank, under the console's policy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, type RunningBank, startBank } from './bank-process.mjs';
import { browser, startBrowser } from './console-browser.mjs';

const isGiven = binary() !== undefined && browser() !== undefined;
if (!isGiven)
  console.warn('\nSKIPPED: the library in Chromium. Set STRONGROOM_BIN and CHROMIUM_BIN to run it.\n');

const ENROL = `
  const bank = await library.Bank.connect();
  await library.enrol(bank, await library.register(bank, given.name, given.name + '@example.org'), given.tier);
  const session = await library.Session.signIn(bank);
  const { keys } = await bank.profile();
  const caller = await session.whoAmI();
  return { tier: keys.tier, software: library.isSoftware(keys), aal: caller.aal, native: await library.hasNativeSigning() };`;

const AFTER_RELOAD = `
  const bank = await library.Bank.connect();
  const session = await library.Session.resume(bank);
  const body = { account: library.uuid7(), asset: 'EUR', owner: session.userId, kind: 'liability' };
  const settled = await session.submit(await session.draft(library.wish('account.open', body)));
  const rotated = await library.rotateKeys(session);
  const again = await library.Session.signIn(bank);
  const bundle = await library.downloadCertificate(again);
  await again.signOut();
  const names = await bank.store.names('');
  return {
    steps: settled.proof.steps.map(({ outcome }) => outcome),
    rotated: rotated.outcome,
    opened: Object.keys(bundle).includes('certificate'),
    session: names.includes('session'),
  };`;

const NATIVE = `
  const shown = await library.Bank.connect();
  const kept = await library.enrol(shown, await library.register(shown, 'kept', 'kept@example.org'), 'device')
    .then(() => 'kept', (error) => error.code);
  const memory = await library.Bank.connect({ store: new library.MemoryStore() });
  await library.enrol(memory, await library.register(memory, 'native', 'native@example.org'), 'device');
  const session = await library.Session.signIn(memory);
  const { keys } = await memory.profile();
  const out = await crypto.subtle.exportKey('raw-seed', keys.signing.mlDsa).then(() => 'taken out', () => 'refused');
  const { aal } = await session.whoAmI();
  const rotated = await library.rotateKeys(session);
  return { kept, kind: keys.signing.kind, aal, rotated: rotated.outcome, out };`;

const OUT = `
  const bank = await library.Bank.connect();
  const { keys } = await bank.profile();
  const found = [keys.kek, keys.signing.mlDsa, keys.signing.ed25519, keys.kem.mlKem, keys.kem.x25519];
  const refusals = await Promise.all(found.filter((key) => key instanceof CryptoKey).map((key) =>
    Promise.all(['raw', 'raw-seed', 'pkcs8', 'jwk'].map((format) =>
      crypto.subtle.exportKey(format, key).then(() => 'taken out', () => 'refused')))));
  return refusals.flat();`;

describe.skipIf(!isGiven)('in Chromium', { timeout: 180_000 }, () => {
  let bank: RunningBank;
  beforeAll(async () => {
    bank = await startBank();
  }, 120_000);
  afterAll(() => bank?.stop(), 30_000);

  it('native keys that cannot be taken out sign, and are refused where the browser would lose them', async () => {
    const page = await startBrowser(bank.origin, true);
    try {
      const { kept, ...rest } = (await page.run(NATIVE)) as Record<string, unknown>;
      expect(['kept', 'unsupported-browser']).toContain(kept);
      expect(rest).toEqual({ kind: 'native', aal: 3, rotated: 'accepted', out: 'refused' });
    } finally {
      await page.stop();
    }
  });

  it.each([
    ['worker', 'without native ML-DSA', false],
    ['passkey', 'without native ML-DSA', false],
    ['passkey', 'with native ML-DSA', true],
  ] as const)(
    'keys of tier %s, %s, enrol, sign, survive a reload and rotate',
    async (tier, how, isNative) => {
      const page = await startBrowser(bank.origin, isNative);
      try {
        const name = `${tier}-${isNative}`;
        expect(await page.run(ENROL, { name, tier }), how).toEqual({
          tier,
          software: !isNative,
          aal: 3,
          native: isNative,
        });
        await page.reload();
        const after = await page.run(AFTER_RELOAD);
        const steps = Array.from({ length: 8 }, () => 'passed');
        expect(after).toEqual({ steps, rotated: 'accepted', opened: true, session: false });
        expect(new Set((await page.run(OUT)) as string[]).has('taken out')).toBe(false);
        expect(page.violations).toEqual([]);
        for (const body of page.posts) expect(body).not.toMatch(/"(?:prf|seed|secret)"/);
      } finally {
        await page.stop();
      }
    },
  );
});
