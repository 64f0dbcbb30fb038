/** The library against a real bank. Needs `STRONGROOM_BIN`, the path of the binary; says so loudly where it is absent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountNumberOf,
  approvePairing,
  Bank,
  batchWish,
  beginPairing,
  beginRecovery,
  downloadCertificate,
  ENROL_STEPS,
  enrol,
  enrolAndEnter,
  inviteWish,
  leafName,
  MemoryStore,
  Problem,
  parseInvitation,
  parsePerson,
  parseReceipt,
  pendingRecovery,
  personText,
  proveKey,
  Refused,
  type Role,
  readPairing,
  receiptBundle,
  recoveredPerson,
  register,
  resumeRotation,
  rotateAndEnter,
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
import { fromBase64, fromBase64url, hex } from '../bytes';
import { sha3 } from '../hash';
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

  const hired = new Map<Role, Promise<Session>>();
  /** An invitation works once: whoever was let in by it serves every test. */
  const staffOnce = (role: Role): Promise<Session> => {
    const known = hired.get(role) ?? staff(role);
    hired.set(role, known);
    return known;
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
    const [manager, alice, bob] = [
      await staffOnce('manager'),
      await customer('Alice'),
      await customer('Bob'),
    ];
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

  it('is signed out for who reloads while the bank does not answer', async () => {
    const { bank } = await customer('Erwin');
    const silent: typeof fetch = (input, init) =>
      String(input).endsWith('/api/auth/logout') ? new Promise(() => undefined) : fetch(input, init);
    const unheard = await Bank.connect({ base: running.origin, store: bank.store, fetch: silent });
    const session = (await Session.resume(unheard)) as Session;
    void session.signOut();
    await expect.poll(() => Session.resume(bank)).toBeUndefined();
  });

  it('replaces keys, and pairs a second device', async () => {
    const session = await customer('Frank');
    const { bank } = session;
    const profile = await bank.enrolledProfile();
    expect(await downloadCertificate(session)).toHaveProperty('certificate');
    const rotated = await rotateKeys(session);
    expect(leafName(rotated)).toBe('key.rotate');
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

  it('lets somebody in again who lost every device, once a manager has signed', async () => {
    const lost = await customer('Heidi');
    const manager = await staffOnce('manager');
    const bank = await connect();
    const asked = await beginRecovery(bank, 'heidi@example.org');
    expect(await recoveredPerson(bank, asked)).toBeUndefined();
    expect(await pendingRecovery(bank)).toEqual(asked);
    const { items } = await manager.get<{
      items: { request_id: string; user_id: string; registration: string; match_number: string }[];
    }>('/api/manager/recoveries');
    const seen = items.find((one) => one.request_id === asked.requestId);
    expect(seen).toMatchObject({ user_id: lost.userId, match_number: asked.matchNumber });
    const body = { user: lost.userId, registration: seen?.registration ?? '', reason: 'came in person' };
    await manager.submit(await manager.draft(wish('user.recover', body)));
    expect(await recoveredPerson(bank, asked)).toBe(lost.userId);
    const user = { id: lost.userId, role: 'customer', name: 'Heidi' } as const;
    const steps: string[] = [];
    const session = await enrolAndEnter(bank, { user, token: asked.token }, 'worker', (step) =>
      steps.push(step),
    );
    expect(steps).toEqual([...ENROL_STEPS]);
    expect((await session.whoAmI()).user_id).toBe(lost.userId);
    await expect(Session.signIn(lost.bank)).rejects.toMatchObject({ code: 'certificate-not-accepted' });
  });

  it('sends an enrolment that did not arrive again, with the same keys', async () => {
    let cut: 'before' | 'after' | undefined = 'before';
    const losing: typeof fetch = async (input, init) => {
      const isCut = String(input).includes('/api/users/enrol');
      if (isCut && cut === 'before') throw new TypeError('fetch failed');
      const answer = await recording(input, init);
      if (isCut && cut === 'after') throw new TypeError('fetch failed');
      return answer;
    };
    const bank = await Bank.connect({ base: running.origin, store: new MemoryStore(), fetch: losing });
    const registration = await register(bank, 'Ivan', 'ivan@example.org');
    await expect(enrolAndEnter(bank, registration, 'worker')).rejects.toBeInstanceOf(Unreachable);
    cut = undefined;
    const session = await enrolAndEnter(bank, registration, 'worker');
    expect((await session.whoAmI()).aal).toBe(3);
    // Where the answer was lost, the bank repeats it with the certificate.
    const other = await register(bank, 'Ines', 'ines@example.org');
    cut = 'after';
    await expect(enrolAndEnter(bank, other, 'worker')).rejects.toBeInstanceOf(Unreachable);
    cut = undefined;
    const late = await enrolAndEnter(bank, other, 'worker');
    expect((await late.whoAmI()).user_id).toBe(other.user.id);
  });

  it('finishes a rotation whose answer was lost, though the old key is over', async () => {
    const lost = { before: true, after: true };
    const losing: typeof fetch = async (input, init) => {
      const isRotation = String(input).includes('/api/quantum/keys/rotate');
      if (isRotation && lost.before) throw new TypeError('fetch failed');
      const answer = await recording(input, init);
      if (isRotation && lost.after) throw new TypeError('fetch failed');
      return answer;
    };
    const bank = await Bank.connect({ base: running.origin, store: new MemoryStore(), fetch: losing });
    const session = await enrolAndEnter(bank, await register(bank, 'Jo', 'jo@example.org'), 'worker');
    const { keys } = await bank.enrolledProfile();
    await expect(rotateKeys(session)).rejects.toBeInstanceOf(Unreachable);
    // It never arrived: the old key is still the one.
    expect(await resumeRotation(bank)).toBeUndefined();
    lost.before = false;
    await expect(rotateKeys(session)).rejects.toBeInstanceOf(Unreachable);
    await expect(session.whoAmI()).rejects.toMatchObject({ status: 401 });
    await expect(Session.signIn(bank)).rejects.toMatchObject({ code: 'certificate-not-accepted' });
    const receipt = await resumeRotation(bank);
    expect(receipt && leafName(receipt)).toBe('key.rotate');
    expect((await bank.enrolledProfile()).keys.fingerprint).not.toBe(keys.fingerprint);
    expect((await (await Session.signIn(bank)).whoAmI()).user_id).toBe(session.userId);
    expect(await resumeRotation(bank)).toBeUndefined();
  });

  it('goes on after a refusal of a rotation that it never heard of', async () => {
    let cut: 'before' | 'after' | undefined = 'before';
    const losing: typeof fetch = async (input, init) => {
      const isRotation = String(input).includes('/api/quantum/keys/rotate');
      if (isRotation && cut === 'before') throw new TypeError('fetch failed');
      const answer = await recording(input, init);
      if (isRotation && cut === 'after') throw new TypeError('fetch failed');
      return answer;
    };
    const bank = await Bank.connect({ base: running.origin, store: new MemoryStore(), fetch: losing });
    const session = await enrolAndEnter(bank, await register(bank, 'Kay', 'kay@example.org'), 'worker');
    await expect(rotateKeys(session)).rejects.toBeInstanceOf(Unreachable);
    // What is sealed to nobody is refused, and the refusal is recorded.
    const kept = (await bank.store.get('profile.next')) as { request: object };
    const request = { ...kept.request, sealed_device_key: 'AAAA' };
    await bank.store.put('profile.next', { ...kept, request });
    cut = 'after';
    await expect(rotateKeys(session)).rejects.toBeInstanceOf(Unreachable);
    cut = undefined;
    expect(await resumeRotation(bank)).toBeUndefined();
    expect(await bank.store.get('profile.next')).toBeUndefined();
    expect((await (await Session.signIn(bank)).whoAmI()).user_id).toBe(session.userId);
    expect(leafName(await rotateKeys(await Session.signIn(bank)))).toBe('key.rotate');
  });

  it('lets staff in only after two people have said so', async () => {
    const [admin, manager] = [await staffOnce('system_admin'), await staffOnce('manager')];
    const [user, token] = [uuid7(), crypto.getRandomValues(new Uint8Array(32))];
    const bank = await connect();
    const body = { user, role: 'auditor_clerk', registration: hex(sha3(token)) } as const;
    const person = { name: 'Judy', email: 'judy@example.org' };
    await admin.submit(await admin.draft(inviteWish(body, person)));
    const registration = { user: { id: user, role: 'auditor_clerk', name: 'Judy' } as const, token };
    await expect(enrolAndEnter(bank, registration, 'worker')).rejects.toMatchObject({
      code: 'invitation-not-approved',
    });
    await manager.submit(await manager.draft(wish('user.approve', { user })));
    const session = await enrolAndEnter(bank, registration, 'worker');
    expect(await session.whoAmI()).toMatchObject({ role: 'auditor_clerk', aal: 3 });
  });

  it('proves a key by its path and its lineage, and nothing by what was tampered with', async () => {
    const session = await customer('Karl');
    const { bank } = session;
    const next = await rotateAndEnter(session);
    const profile = await bank.enrolledProfile();
    const { items } = await next.get<{ items: { certificate: string }[] }>(
      `/api/quantum/keys/${next.userId}/history`,
    );
    const ancestors = await Promise.all(
      items.map(({ certificate }) =>
        next.get<{ certificate: string; pem: string }>(
          `/api/certificates/details?certificate=${certificate}`,
        ),
      ),
    );
    const proof = await proveKey(bank.trust, profile, profile.certificates, ancestors);
    expect(proof).toMatchObject({ holder: true, chain: true, lineage: true });
    expect(proof.generations.map(({ generation }) => generation)).toEqual([2, 1]);
    expect(await proveKey(bank.trust, profile, profile.certificates, [])).toMatchObject({ lineage: false });
    const swapped = ancestors.map((one, at) => ({ ...one, pem: ancestors[1 - at]?.pem ?? one.pem }));
    expect(await proveKey(bank.trust, profile, profile.certificates, swapped)).toMatchObject({
      lineage: false,
    });
    const stranger = await (await customer('Liam')).bank.enrolledProfile();
    expect(await proveKey(bank.trust, stranger, profile.certificates, ancestors)).toMatchObject({
      holder: false,
    });
    expect(parsePerson(`http://localhost/pair#${personText(profile.user)}`)).toEqual(profile.user);
    expect(parsePerson('strongroom-person-1.bm9uc2Vuc2U')).toBeUndefined();
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
