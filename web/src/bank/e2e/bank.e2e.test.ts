/** The library against a real bank. Needs `STRONGROOM_BIN`, the path of the binary; says so loudly where it is absent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountNumberOf,
  approvePairing,
  Bank,
  batchWish,
  beginPairing,
  downloadCertificate,
  enrol,
  leafName,
  MemoryStore,
  Problem,
  parseInvitation,
  parseReceipt,
  Refused,
  type Role,
  readPairing,
  receiptBundle,
  register,
  rotateKeys,
  Session,
  trustFile,
  Unreachable,
  uuid7,
  verifyCheckpoint,
  verifyConsistency,
  verifyReceipt,
  wish,
  wishWithDetails,
} from '..';
import { fromBase64, fromBase64url } from '../bytes';
import { binary, type RunningBank, startBank } from './bank-process.mjs';

const isGiven = binary() !== undefined;
if (!isGiven)
  console.warn('\nSKIPPED: the console against a real bank. Set STRONGROOM_BIN to the binary to run it.\n');

const bodies: string[] = [];

const recording: typeof fetch = (input, init) => {
  if (init?.body instanceof Uint8Array) bodies.push(new TextDecoder().decode(init.body));
  return fetch(input, init);
};

describe.skipIf(!isGiven)('a bank', { timeout: 120_000 }, () => {
  let running: RunningBank;
  const connect = (store = new MemoryStore()) =>
    Bank.connect({ base: running.origin, store, fetch: recording });

  beforeAll(async () => {
    running = await startBank();
  }, 120_000);
  afterAll(() => running?.stop(), 30_000);

  const staff = async (role: Role): Promise<Session> => {
    const list = running.invitations as
      | { role: string; invitation: string }[]
      | { items: { role: string; invitation: string }[] };
    const found = (Array.isArray(list) ? list : list.items).find((one) => one.role === role);
    const invitation = parseInvitation(found?.invitation ?? '');
    if (!invitation) throw new Error('no invitation');
    const bank = await connect();
    await enrol(bank, invitation, 'worker');
    return Session.signIn(bank);
  };

  const customer = async (name: string): Promise<Session> => {
    const bank = await connect();
    const email = `${name.toLowerCase()}@example.org`;
    const receipt = await enrol(bank, await register(bank, name, email), 'worker');
    expect(leafName(receipt)).toBe('user.enrol');
    expect((await verifyReceipt(receipt, bank.trust)).valid).toBe(true);
    return Session.signIn(bank);
  };

  const open = async (session: Session): Promise<string> => {
    const account = uuid7();
    const body = { account, asset: 'EUR', owner: session.userId, kind: 'liability' as const };
    await session.submit(await session.draft(wish('account.open', body)));
    return account;
  };

  it('enrols, is paid, proves it, and the binary accepts the bundle', async () => {
    const [manager, alice, bob] = [await staff('manager'), await customer('Alice'), await customer('Bob')];
    expect(await alice.whoAmI()).toMatchObject({ role: 'customer', aal: 3, user_id: alice.userId });
    const [from, to] = [await open(alice), await open(bob)];
    const money = { amount: '10000', asset: 'EUR' };
    await manager.submit(await manager.draft(wish('account.fund', { account: from, ...money })));

    const payment = { debit: from, credit: to, amount: '1234', asset: 'EUR' };
    const draft = await alice.draft(wishWithDetails('transfer', payment, { memo: 'thank you' }));
    expect(draft.intent).toMatchObject({ kind: 'transfer', body: payment });
    expect(await alice.dryRun(draft)).toMatchObject({ outcome: 'accepted' });
    const settled = await alice.submit(draft);
    expect(settled.proof.signatureChecked).toBe(true);
    expect(settled.proof.steps.every(({ outcome }) => outcome === 'passed')).toBe(true);
    expect(settled.receipt).toMatchObject({ outcome: 'accepted', code: 'ok', intentId: draft.id });

    // The very same intent again has the very same effect: none.
    const again = await alice.send(settled.signed);
    expect(again.receipt.index).toBe(settled.receipt.index);

    const file = running.write('receipt.json', receiptBundle(settled.receipt));
    const trust = running.write('trust.json', trustFile(alice.bank.trust));
    const verified = running.run('receipt', 'verify', file, '--trust', trust, '-o', 'json');
    expect(verified.stderr).toBe('');
    expect(JSON.parse(verified.stdout)).toMatchObject({
      valid: true,
      signature_checked: true,
      kind: 'transfer',
    });

    const accounts = await alice.get<{ items: { id: string; balance: string; number: string }[] }>(
      '/api/accounts',
    );
    expect(accounts.items[0]).toMatchObject({ id: from, balance: '8766', number: accountNumberOf(from) });
    const viaFetch = await bob.fetch(`${running.origin}/api/accounts?limit=1`);
    expect(viaFetch.status).toBe(200);

    const batch = batchWish(
      [
        { ...payment, amount: '1', memo: 'a' },
        { ...payment, amount: '2', memo: 'b' },
      ],
      true,
    );
    expect((await alice.submit(await alice.draft(batch))).receipt.outcome).toBe('accepted');

    const refused = await alice
      .submit(await alice.draft(wish('transfer', { ...payment, amount: '50000' })))
      .catch((e) => e);
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).code).toBe('insufficient-funds');
    expect((refused as Refused).settled.proof.valid).toBe(true);

    const id = settled.receipt.intentId;
    const view = await alice.get<{ receipt: unknown }>(`/api/transactions/${id}`);
    expect((await verifyReceipt(parseReceipt(view.receipt), alice.bank.trust)).valid).toBe(true);
  });

  it('shows its log to grow and never to change', async () => {
    const { bank } = await customer('Carol');
    const { policy } = bank.trust;
    const note = async () => {
      const { bytes } = await bank.transport.send({ method: 'GET', path: '/api/log/checkpoint' });
      return verifyCheckpoint(new TextDecoder().decode(bytes), policy);
    };
    const before = await note();
    await customer('Dave');
    const after = await note();
    const path = `/api/log/consistency?old=${before.size}&new=${after.size}`;
    const proof = await bank.transport.get<{ path: string[] }>(path);
    const hashes = proof.path.map((hash) => fromBase64(hash) ?? fromBase64url(hash) ?? new Uint8Array(0));
    verifyConsistency(before.size, after.size, hashes, before.root, after.root);
  });

  it('resumes a session after a reload, refreshes it once for all tabs, and ends it', async () => {
    const session = await customer('Erin');
    const { bank } = session;
    const [one, two] = [
      await Session.resume(bank),
      await Session.resume(await Bank.connect({ base: running.origin, store: bank.store })),
    ];
    if (!one || !two) throw new Error('no session');
    // As many requests at once as a page sends, from two tabs.
    await Promise.all([...Array(40).keys()].map((at) => (at % 2 ? one : two).whoAmI()));
    await one.prove();
    await one.replaceKey();
    expect((await one.whoAmI()).aal).toBe(3);
    const before = bodies.filter((body) => body.includes('refresh_token')).length;
    const resumed = (await Session.resume(bank)) as Session;
    await Promise.all([one.renew(), two.renew(), resumed.renew()]);
    expect(bodies.filter((body) => body.includes('refresh_token')).length).toBe(before + 1);
    await Promise.all([one.whoAmI(), two.whoAmI(), resumed.whoAmI()]);
    await resumed.renew();
    await one.renew();
    await one.whoAmI();
    await resumed.signOut();
    expect(await Session.resume(bank)).toBeUndefined();
    await expect(one.whoAmI()).rejects.toMatchObject({ status: 401 });
  });

  it('replaces keys, and pairs a second device', async () => {
    const session = await customer('Frank');
    const { bank } = session;
    const profile = await bank.enrolledProfile();
    expect(await downloadCertificate(session)).toHaveProperty('certificate');
    const rotated = await rotateKeys(session);
    expect(leafName(rotated.receipt)).toBe('key.rotate');
    const next = await bank.enrolledProfile();
    expect(next.keys.fingerprint).not.toBe(profile.keys.fingerprint);
    expect(next.keys.deviceId).toBe(profile.keys.deviceId);
    const again = await Session.signIn(bank);

    const second = await connect();
    const waiting = await beginPairing(second, profile.user, 'telephone', 'worker');
    const seen = await readPairing(again, waiting.text);
    expect(seen.matchNumber).toBe(waiting.matchNumber);
    await again.submit(await again.draft(approvePairing(seen)));
    expect(await waiting.status()).toBe('approved');
    await waiting.enrol();
    expect((await (await Session.signIn(second)).whoAmI()).user_id).toBe(again.userId);
  });

  it('lets a password in, to look', async () => {
    const session = await customer('Grace');
    const { bank } = session;
    const password = 'a long sentence that nobody guesses';
    await session.post('/api/users/password', { password });
    const looking = await Session.signInWithPassword(bank, ' Grace@example.org', password);
    expect(looking.aal).toBe(1);
    expect((await looking.whoAmI()).user_id).toBe(session.userId);
    const wrong = await Session.signInWithPassword(bank, 'grace@example.org', 'wrong').catch(
      (error) => error,
    );
    expect(wrong).toBeInstanceOf(Problem);
    expect(wrong).toMatchObject({ code: 'credentials-refused', status: 401 });
    expect((wrong as Problem).requestId).toBeTruthy();
  });

  it('is refused where it is another bank, and said to be silent where it is', async () => {
    const bank = await connect();
    const other = JSON.parse(trustFile(bank.trust)) as Record<string, string>;
    const pinned = { ...other, kem_public_key: `${other.kem_public_key?.slice(0, -4)}AAAA` };
    await expect(
      Bank.connect({ base: running.origin, store: new MemoryStore(), trust: pinned }),
    ).rejects.toThrow('not the bank');
    await expect(
      Bank.connect({ base: 'http://127.0.0.1:9', store: new MemoryStore() }),
    ).rejects.toBeInstanceOf(Unreachable);
  }, 30_000);

  it('never was sent a seed or what a passkey gives', () => {
    expect(bodies.length).toBeGreaterThan(20);
    for (const body of bodies) expect(body).not.toMatch(/"(?:seed|prf|secret|device_secret)"/);
  });
});
