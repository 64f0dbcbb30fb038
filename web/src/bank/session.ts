/**
 * A session: a bearer token bound to a key that only this browser and the bank know. Each request is proved with it.
 * It outlives a reload, is shared by the tabs of one browser, and one of them refreshes it for all.
 */

import type { Bank, CertificatePath, Draft, Profile } from './bank';
import {
  type Bytes,
  base64url,
  concat,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  u32,
  utf8,
  uuidBytes,
} from './bytes';
import { deviceProof } from './device';
import { AnswerError, DeviceError, Problem } from './errors';
import { isUuid } from './forms';
import { sha3, sha256 } from './hash';
import { decodeIntent, envelopeOf, type Prepared, type SignedIntent, unsignedOf, wish } from './intent';
import { type UsableKeys, withKeys } from './keys';
import { KINDS, ROLES, type Role } from './kinds';
import { answerByPasskey, newPasskey } from './passkey';
import { INSTANCE_HEADER, proofHeaders, sessionKey } from './proof';
import { type Receipt, type ReceiptProof, settleReceipt } from './receipt';
import { ephemeralKem, type KemKey, openSealed } from './seal';
import { type Store, withLock } from './store';
import { type Answer, jsonBytes, jsonOf, type Repeat, repeated } from './transport';
import { unwrapBytes, type Wrapped, wrapBytes } from './wrapped';

const CHALLENGE = '/api/auth/certificate-challenge';
const REFRESH = '/api/auth/refresh';
const BOOTSTRAP = 'session-bootstrap';
const RENEW_BEFORE_S = 60;
const COUNTERS = 32n;
const STORED = 'session';
const STORED_KEK = 'session-kek';

/** What a session is stored as, wrapped. */
interface Standing {
  readonly session: string;
  readonly user: string;
  readonly role: string | undefined;
  readonly aal: number;
  readonly secondFactors: readonly string[];
  readonly key: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly expiresAtS: number;
  /** When the session ends, whatever is done in it. */
  readonly endsAt?: string | undefined;
  readonly instance: string;
}

interface SessionAnswer {
  readonly token: string;
  readonly refresh_token: string;
  readonly expires_at: string;
  readonly session_expires_at?: string;
  readonly sealed_secret: string;
}

/** How somebody may prove who they are. */
export type Factor =
  | { readonly password: string }
  | { readonly code: string }
  | { readonly recovery_code: string };

/** What the bank answered to a signed intent, verified. */
export interface Settled {
  readonly receipt: Receipt;
  readonly proof: ReceiptProof;
  readonly signed: SignedIntent;
  /** What came beside the receipt. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A refusal that the bank recorded: it has a receipt, which was verified, and is final for this intent. */
export class Refused extends Problem {
  override readonly name = 'Refused';
  readonly settled: Settled;

  constructor(problem: Problem, settled: Settled) {
    super(problem);
    this.settled = settled;
  }
}

const textIn = (from: unknown, name: string): string => {
  const found = (from as Record<string, unknown> | null)?.[name];
  if (typeof found !== 'string') throw new AnswerError(name);
  return found;
};

const bytesIn = (from: unknown, name: string): Bytes => {
  const bytes = fromBase64url(textIn(from, name));
  if (!bytes) throw new AnswerError(name);
  return bytes;
};

/** Session and end of a bearer token. The token is the bank's to verify; here it only says which session it is of. */
const claimsOf = (token: string, expiresAt: string): { session: string; expiresAtS: number } => {
  const payload = fromBase64url(token.split('.')[1] ?? '');
  const session = payload ? textIn(JSON.parse(fromUtf8(payload)), 'sid') : '';
  const expires = Date.parse(expiresAt);
  if (!isUuid(session) || Number.isNaN(expires)) throw new AnswerError('token');
  return { session, expiresAtS: Math.floor(expires / 1000) };
};

const withLengths = (domain: string, ...parts: readonly Bytes[]): Bytes =>
  sha256(concat(utf8(domain), ...parts.flatMap((part) => [u32(part.length), part])));

/** Wraps what is stored under a key of this browser that cannot be taken out. */
const storageKey = async (store: Store): Promise<CryptoKey> =>
  withLock('strongroom-storage', async () => {
    const kept = (await store.get(STORED_KEK)) as CryptoKey | undefined;
    if (kept) return kept;
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ]);
    await store.put(STORED_KEK, made);
    return made;
  });

const ABOUT = utf8('strongroom/stored-session/v1');

const keep = async (store: Store, standing: Standing): Promise<void> => {
  const kek = await storageKey(store);
  await store.put(STORED, await wrapBytes(kek, utf8(JSON.stringify(standing)), ABOUT));
};

const kept = async (store: Store): Promise<Standing | undefined> => {
  const wrapped = (await store.get(STORED)) as Wrapped | undefined;
  if (!wrapped) return;
  try {
    const opened = await unwrapBytes(await storageKey(store), wrapped, ABOUT);
    return JSON.parse(fromUtf8(opened)) as Standing;
  } catch {
    return;
  }
};

/** Who the bank takes a session for. */
export interface Caller {
  readonly session_id: string;
  readonly user_id: string;
  readonly role: Role;
  readonly aal: number;
  readonly assurance: string;
  readonly authenticated_at: string;
  readonly certificate?: string | null;
  readonly device_id?: string | null;
}

/** A session of this browser. */
export class Session {
  readonly bank: Bank;
  #standing: Standing;
  #key: Bytes;
  #next = 0n;
  #end = 0n;
  #channel: BroadcastChannel | undefined;
  /** Told once when the session is over, here or in another tab: show the sign-in. */
  onEnded: (() => void) | undefined;

  private constructor(bank: Bank, standing: Standing) {
    this.bank = bank;
    this.#standing = standing;
    this.#key = keyOf(standing);
    if (typeof BroadcastChannel !== 'undefined') {
      this.#channel = new BroadcastChannel('strongroom-session');
      this.#channel.onmessage = ({ data }) => {
        if (data === this.#standing.session) this.#close();
      };
      (this.#channel as unknown as { unref?: () => void }).unref?.();
    }
  }

  /** The session that this browser has, after a reload; `undefined` where there is none. */
  static async resume(bank: Bank): Promise<Session | undefined> {
    const standing = await kept(bank.store);
    if (!standing) return;
    bank.transport.instance ||= standing.instance;
    return new Session(bank, standing);
  }

  /**
   * Signs in with this device's certificate: assurance 3, the only one that may sign. `unlocked` is what opens the keys,
   * where they are open for something else already.
   */
  static async signIn(bank: Bank, unlocked?: CryptoKey): Promise<Session> {
    const profile = await bank.enrolledProfile();
    const work = async (keys: UsableKeys) => {
      const kem = await ephemeralKem();
      try {
        const challenge = await bank.transport.post(CHALLENGE, {
          certificate: hex(sha3(profile.certificates.holder)),
          device_id: keys.deviceId,
        });
        const { signed, proof } = await signChallenge(bank, profile, keys, textIn(challenge, 'nonce'), kem);
        const body = { signed: envelopeOf(signed), device_proof: base64url(proof) };
        const answer = await bank.transport.post<Record<string, unknown>>(
          KINDS['session.login'].path,
          body,
          'same',
        );
        const path = pathOf(profile.certificates);
        await settleReceipt(answer.receipt, signed, bank.trust, path, proof);
        const opened = answer.session as SessionAnswer;
        const bootstrap = await openSealed(
          kem,
          BOOTSTRAP,
          sha256(signed.intent),
          bytesIn(opened, 'sealed_secret'),
        );
        return await keys.withDeviceKey((deviceKey) => {
          const who = { user: profile.user.id, role: profile.user.role, aal: 3, secondFactors: [] };
          return Session.#open(bank, opened, bootstrap, deviceKey, who);
        });
      } finally {
        kem.drop();
      }
    };
    return withKeys(profile.keys, work, unlocked);
  }

  /**
   * Signs in with a password, and a second factor where one is set up. Without it the session has assurance 1 and sees
   * its own person; `secondFactors` says what lifts it to 2. Such a session signs nothing.
   */
  static async signInWithPassword(
    bank: Bank,
    email: string,
    password: string,
    factor: { code?: string; recovery_code?: string; trusted_device?: string } = {},
  ): Promise<Session> {
    const kem = await ephemeralKem();
    try {
      const request = { email, password, kem_public_key: base64url(kem.publicKey), ...factor };
      const answer = await bank.transport.post('/api/users/login', request);
      const subject = utf8(email.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
      return await Session.#visit(bank, answer, kem, 'strongroom/password-sign-in/v1', subject);
    } finally {
      kem.drop();
    }
  }

  /** Signs in with a passkey that the bank knows: assurance 2. `ask` shows the question to the authenticator. */
  static async signInWithPasskey(bank: Bank, ask = answerByPasskey): Promise<Session> {
    const begun = await bank.transport.post<{ ceremony: string; options: unknown }>(
      '/api/passkeys/login/begin',
      {},
    );
    const credential = await ask(begun.options);
    const kem = await ephemeralKem();
    try {
      const { ceremony } = begun;
      const request = { ceremony, credential, kem_public_key: base64url(kem.publicKey) };
      const answer = await bank.transport.post('/api/passkeys/login/finish', request);
      return await Session.#visit(bank, answer, kem, 'strongroom/passkey-sign-in/v1', uuidBytes(ceremony));
    } finally {
      kem.drop();
    }
  }

  static async #visit(
    bank: Bank,
    answer: unknown,
    kem: KemKey,
    domain: string,
    subject: Bytes,
  ): Promise<Session> {
    const from = answer as { session: SessionAnswer; aal: number; second_factor: string[] };
    const { session } = claimsOf(textIn(from.session, 'token'), textIn(from.session, 'expires_at'));
    if (textIn(answer, 'session_id') !== session) throw new AnswerError('session_id');
    const { trust } = bank;
    const parts = [utf8(trust.bank), utf8(trust.origin), subject, kem.publicKey, uuidBytes(session)];
    const sealed = bytesIn(from.session, 'sealed_secret');
    const bootstrap = await openSealed(kem, BOOTSTRAP, withLengths(domain, ...parts), sealed);
    const who = {
      user: textIn(answer, 'user_id'),
      role: undefined,
      aal: from.aal,
      secondFactors: from.second_factor,
    };
    return Session.#open(bank, from.session, bootstrap, undefined, who);
  }

  static async #open(
    bank: Bank,
    answer: SessionAnswer,
    bootstrap: Bytes,
    deviceKey: Bytes | undefined,
    who: Pick<Standing, 'user' | 'role' | 'aal' | 'secondFactors'>,
  ): Promise<Session> {
    const token = textIn(answer, 'token');
    const { session, expiresAtS } = claimsOf(token, textIn(answer, 'expires_at'));
    const key = sessionKey(session, bootstrap, deviceKey);
    bootstrap.fill(0);
    const refreshToken = textIn(answer, 'refresh_token');
    const { instance } = bank.transport;
    const endsAt = answer.session_expires_at;
    const standing = { ...who, session, key: hex(key), token, refreshToken, expiresAtS, endsAt, instance };
    await keep(bank.store, standing);
    return new Session(bank, standing);
  }

  get id(): string {
    return this.#standing.session;
  }

  get userId(): string {
    return this.#standing.user;
  }

  /** The role, where a certificate or `whoAmI` has said it. */
  get role(): Role | undefined {
    return ROLES.find((role) => role === this.#standing.role);
  }

  /** 1 password, 2 with a second factor or passkey, 3 certificate on its device. */
  get aal(): number {
    return this.#standing.aal;
  }

  /** What a session of assurance 1 can be stepped up with: `totp`, `recovery_code`, `passkey`. */
  get secondFactors(): readonly string[] {
    return this.#standing.secondFactors;
  }

  /** Whether signed intents can be sent in it. */
  get canSign(): boolean {
    return this.#standing.aal === 3;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return jsonOf<T>(await this.request('GET', path, undefined, 'same', signal));
  }

  /** Sends JSON. `repeat` is `same` for what has the same effect when it is sent twice. */
  async post<T>(path: string, value: unknown = {}, repeat: Repeat = 'once'): Promise<T> {
    return jsonOf<T>(await this.request('POST', path, jsonBytes(value), repeat));
  }

  async delete(path: string): Promise<void> {
    await this.request('DELETE', path);
  }

  /** A proved request, sent again where that is safe. */
  async request(
    method: string,
    path: string,
    body?: Bytes,
    repeat: Repeat = 'once',
    signal?: AbortSignal,
  ): Promise<Answer> {
    return repeated(repeat, () => this.#proved(method, path, body, signal), signal);
  }

  /** As the platform's `fetch`, with token and proof: for `openapi-fetch`, downloads and streams of events. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(typeof input === 'string' ? new URL(input, baseOfPage()) : input, init);
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    const body = request.body || init?.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    const { method, signal } = request;
    const others = Object.fromEntries(request.headers);
    const open = async () => {
      const headers = { ...others, ...(await this.#headers(method, path, body)) };
      const day = 24 * 60 * 60 * 1000;
      return this.bank.transport.open({ method, path, headers, body, signal }, day);
    };
    const meantFor = this.bank.transport.instance;
    const response = await open();
    const isStale = response.status === 401 && response.headers.get(INSTANCE_HEADER) !== meantFor;
    return isStale ? open() : response;
  };

  /** Who the bank takes this session for. */
  async whoAmI(): Promise<Caller> {
    const caller = await this.get<Caller>('/api/auth/verify-session');
    await this.#change({ role: caller.role, aal: caller.aal });
    return caller;
  }

  /** The bytes to review: see `Bank.draft`. */
  draft(prepared: Prepared): Promise<Draft> {
    return this.bank.draft(prepared);
  }

  /** What would become of it: decided by the code that decides it, and taken back. Nothing is signed. */
  dryRun<T = { outcome: string; code: string; title?: string; effects: unknown }>(draft: Draft): Promise<T> {
    return this.post<T>('/api/intents/dry-run', unsignedOf(draft.bytes, draft.details), 'same');
  }

  /** Signs what was reviewed and sends it: `sign`, then `send`. */
  async submit(draft: Draft): Promise<Settled> {
    return this.send(await this.bank.sign(draft));
  }

  /**
   * Sends a signed intent and verifies the receipt. Where `Unreachable` comes, nobody knows whether it took effect:
   * send the very same `signed` again until an answer comes, and never sign the wish anew.
   */
  async send(signed: SignedIntent, query = ''): Promise<Settled> {
    const { kind } = decodeIntent(signed.intent);
    return this.sendAs(KINDS[kind].path + query, signed, envelopeOf(signed));
  }

  /** As `send`, for a request that carries more than the envelope. */
  async sendAs(path: string, signed: SignedIntent, value: unknown): Promise<Settled> {
    let answer: Record<string, unknown>;
    try {
      answer = await this.post<Record<string, unknown>>(path, value, 'same');
    } catch (error) {
      if (!(error instanceof Problem) || error.receipt === undefined) throw error;
      throw new Refused(error, await this.#settle(error.receipt, signed, {}));
    }
    const { receipt, ...extra } = answer;
    return receipt === undefined ? this.#settle(answer, signed, {}) : this.#settle(receipt, signed, extra);
  }

  async #settle(
    from: unknown,
    signed: SignedIntent,
    extra: Readonly<Record<string, unknown>>,
  ): Promise<Settled> {
    const { certificates } = await this.bank.enrolledProfile();
    const { receipt, proof } = await settleReceipt(from, signed, this.bank.trust, pathOf(certificates));
    return { receipt, proof, signed, extra };
  }

  /** How this session can be proved afresh: `certificate`, `password`, `totp`, `recovery_code`, `passkey`. */
  async methods(): Promise<readonly string[]> {
    return (await this.post<{ methods: string[] }>('/api/auth/session-rechallenge')).methods;
  }

  /**
   * Proves again who holds this session: by its device where a certificate signed in (leave `factor` out), else by a
   * factor; a second factor steps the session up to assurance 2. Then repeat what was refused.
   */
  async prove(factor?: Factor): Promise<void> {
    const path = '/api/auth/session-reverify';
    if (factor) {
      const { aal } = await this.post<{ aal: number }>(path, factor);
      await this.#change({ aal });
      return;
    }
    const asked = await this.post<{ challenge?: { nonce: string } }>('/api/auth/session-rechallenge');
    const nonce = textIn(asked.challenge, 'nonce');
    const profile = await this.bank.enrolledProfile();
    await withKeys(profile.keys, async (keys) => {
      const kem = await ephemeralKem();
      const { signed, proof } = await signChallenge(this.bank, profile, keys, nonce, kem);
      kem.drop();
      await this.post(path, { signed: envelopeOf(signed), device_proof: base64url(proof) }, 'same');
    });
  }

  /** Steps up to assurance 2 by a passkey that the bank knows. */
  async proveByPasskey(ask = answerByPasskey): Promise<void> {
    const begun = await this.post<{ ceremony: string; options: unknown }>('/api/passkeys/verify/begin');
    const credential = await ask(begun.options);
    const answer = await this.post<{ aal: number }>('/api/passkeys/verify/finish', {
      ceremony: begun.ceremony,
      credential,
    });
    await this.#change({ aal: answer.aal });
  }

  /** Registers a passkey at the bank, to sign in with: in a session that was freshly proved. */
  async registerPasskey(name: string, make = newPasskey): Promise<void> {
    const begun = await this.post<{ ceremony: string; options: unknown }>('/api/passkeys/register/begin');
    const credential = await make(begun.options);
    await this.post('/api/passkeys/register/finish', { ceremony: begun.ceremony, name, credential });
  }

  /** Replaces the key of this session; after a password, say, was typed where somebody looked on. */
  async replaceKey(): Promise<void> {
    const kem = await ephemeralKem();
    try {
      const request = { kem_public_key: base64url(kem.publicKey) };
      const answer = await this.post<Record<string, unknown>>('/api/auth/session-key', request);
      const { trust } = this.bank;
      const parts = [utf8(trust.bank), utf8(trust.origin), uuidBytes(this.id), kem.publicKey];
      const transcript = withLengths('strongroom/session-key/v1', ...parts);
      const bootstrap = await openSealed(kem, BOOTSTRAP, transcript, bytesIn(answer, 'sealed_secret'));
      const token = textIn(answer, 'token');
      const { expiresAtS } = claimsOf(token, textIn(answer, 'expires_at'));
      const take = async (deviceKey?: Bytes) => {
        const key = sessionKey(this.id, bootstrap, deviceKey);
        await this.#change({ key: hex(key), token, expiresAtS });
      };
      if (!this.canSign) return await take();
      const { keys } = await this.bank.enrolledProfile();
      await withKeys(keys, (usable) => usable.withDeviceKey(take));
    } finally {
      kem.drop();
    }
  }

  /** Ends the session, at the bank and in every tab. Where the bank cannot be reached it is forgotten all the same. */
  async signOut(): Promise<void> {
    // Who reloads the page while the bank's answer is awaited is signed out too.
    await this.#unkeep();
    try {
      await this.request('POST', '/api/auth/logout');
    } catch (error) {
      if (error instanceof Problem && !error.isSessionOver) throw error;
    } finally {
      await this.#forget();
    }
  }

  async #proved(method: string, path: string, body?: Bytes, signal?: AbortSignal): Promise<Answer> {
    const send = async () => {
      const headers = await this.#headers(method, path, body);
      return this.bank.transport.send({ method, path, headers, body, signal });
    };
    try {
      return await send().catch((error) => {
        if (!(error instanceof Problem) || error.code !== 'proof-refused') throw error;
        // The proof was for another process, another clock or an old counter: nothing happened; prove it anew, once.
        this.#end = 0n;
        return send();
      });
    } catch (error) {
      if (error instanceof Problem && error.isSessionOver) await this.#forget();
      throw error;
    }
  }

  async #headers(method: string, path: string, body: Bytes = NOTHING): Promise<Record<string, string>> {
    const token = await this.#token();
    return { authorization: `Bearer ${token}`, ...(await this.#proofOf(method, path, body)) };
  }

  async #proofOf(method: string, path: string, body: Bytes): Promise<Record<string, string>> {
    const { transport } = this.bank;
    const counter = await this.#counter();
    return proofHeaders(this.#key, {
      method,
      path,
      body,
      atMicros: transport.nowMicros(),
      counter,
      instance: transport.instance,
    });
  }

  /** Counters go up by one across all tabs, each of which takes some ahead: the bank refuses old ones. */
  async #counter(): Promise<bigint> {
    if (this.#next >= this.#end) {
      const name = `counter/${this.id}`;
      const start = this.bank.transport.nowMicros();
      const end = await this.bank.store.update(name, (value) => {
        const before = typeof value === 'bigint' ? value : start;
        return before + COUNTERS;
      });
      if (this.#next >= this.#end) {
        this.#next = end - COUNTERS;
        this.#end = end;
      }
    }
    this.#next += 1n;
    return this.#next;
  }

  #isFresh(): boolean {
    const nowS = Number(this.bank.transport.nowMicros() / 1_000_000n);
    return nowS + RENEW_BEFORE_S < this.#standing.expiresAtS;
  }

  /** The bearer token; a new one where it ends soon. */
  async #token(): Promise<string> {
    if (!this.#isFresh()) await this.renew();
    return this.#standing.token;
  }

  /** When the token ends; it is renewed before by itself, as long as requests are made. */
  get expiresAt(): Date {
    return new Date(this.#standing.expiresAtS * 1000);
  }

  /** When the session ends, whatever is done in it; `undefined` where the bank did not say. */
  get endsAt(): Date | undefined {
    const { endsAt } = this.#standing;
    return endsAt === undefined ? undefined : new Date(endsAt);
  }

  /** Renews the token now: one tab asks for it, the others take what it got. A refresh token works once. */
  async renew(): Promise<void> {
    const { refreshToken: mine } = this.#standing;
    await withLock('strongroom-refresh', async () => {
      const stored = await kept(this.bank.store);
      if (stored?.session === this.id) this.#adopt(stored);
      if (this.#standing.refreshToken !== mine && this.#isFresh()) return;
      const body = jsonBytes({ refresh_token: this.#standing.refreshToken });
      const ask = async () => {
        const proof = await this.#proofOf('POST', REFRESH, body);
        const headers = { authorization: `Bearer ${this.#standing.token}`, ...proof };
        return this.bank.transport.send({ method: 'POST', path: REFRESH, headers, body });
      };
      const answered = await repeated('once', ask).catch((error) => {
        if (!(error instanceof Problem) || error.code !== 'proof-refused') throw error;
        this.#end = 0n;
        return ask();
      });
      const answer = jsonOf<Record<string, unknown>>(answered);
      const token = textIn(answer, 'token');
      const { session, expiresAtS } = claimsOf(token, textIn(answer, 'expires_at'));
      if (session !== this.id) throw new AnswerError('token of another session');
      await this.#change({ token, refreshToken: textIn(answer, 'refresh_token'), expiresAtS });
    });
  }

  #adopt(standing: Standing): void {
    this.#standing = standing;
    this.#key = keyOf(standing);
  }

  async #change(part: Partial<Standing>): Promise<void> {
    this.#adopt({ ...this.#standing, ...part, instance: this.bank.transport.instance });
    await keep(this.bank.store, this.#standing);
  }

  async #unkeep(): Promise<void> {
    const stored = await kept(this.bank.store);
    if (stored?.session === this.id) await this.bank.store.delete(STORED);
  }

  async #forget(): Promise<void> {
    await this.#unkeep();
    await this.bank.store.delete(`counter/${this.id}`);
    this.#channel?.postMessage(this.id);
    this.#close();
  }

  #close(): void {
    this.#key.fill(0);
    this.#channel?.close();
    this.#channel = undefined;
    const told = this.onEnded;
    this.onEnded = undefined;
    told?.();
  }
}

const NOTHING: Bytes = new Uint8Array(0);

const baseOfPage = (): string => (typeof location === 'undefined' ? 'http://localhost' : location.origin);

const keyOf = ({ key }: Standing): Bytes => {
  const bytes = fromHex(key, 32);
  if (!bytes) throw new DeviceError('no-key', 'the stored session cannot be read');
  return bytes;
};

/** A path of certificates as receipts have it. */
export const pathOf = ({ holder, issuing, root }: CertificatePath): readonly Bytes[] => [
  holder,
  issuing,
  root,
];

const signChallenge = async (
  bank: Bank,
  profile: Profile & { readonly certificates: CertificatePath },
  keys: UsableKeys,
  nonce: string,
  kem: KemKey,
): Promise<{ signed: SignedIntent; proof: Bytes }> => {
  const { origin } = bank.trust;
  const body = { challenge: nonce, origin, kem_public_key: base64url(kem.publicKey) };
  const draft = await bank.draftOf(
    profile,
    hex(sha3(profile.certificates.holder)),
    wish('session.login', body),
  );
  const signed = await bank.signWith(profile, keys, draft);
  const proof = await keys.withDeviceKey(async (key) => deviceProof(key, signed.intent));
  return { signed, proof };
};
