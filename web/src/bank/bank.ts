/**
 * A bank as this device knows it: its trust, pinned at first sight; who this device is; and the chain of what its key
 * signed. Enrolment, rotation and pairing are in `enrol`, sessions in `session`.
 */
import { type Bytes, concat, equal, fromHex, hex, uuid7 } from './bytes';
import { canonicalBytes, type Value } from './canonical';
import { AnswerError, DeviceError, IntentError } from './errors';
import { sha3 } from './hash';
import {
  CHAIN_START,
  type Chain,
  contextOf,
  type Details,
  decodeIntent,
  encodeIntent,
  type Intent,
  matchDetails,
  type Prepared,
  type SentFile,
  type SignedIntent,
  utcOf,
} from './intent';
import { type StoredKeys, type UsableKeys, withKeys } from './keys';
import { ALLOWED, KINDS, type Role } from './kinds';
import { BrowserStore, MemoryStore, type Store, withLock } from './store';
import { Transport } from './transport';
import { isSameBank, parseTrust, type Trust, type TrustText } from './trust';

/** Who somebody is at the bank. */
export interface User {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
}

/** A holder's path of certificates, DER. */
export interface CertificatePath {
  readonly holder: Bytes;
  readonly issuing: Bytes;
  readonly root: Bytes;
}

/** This device's identity, as it is stored. Without certificates its enrolment is not complete. */
export interface Profile {
  readonly user: User;
  readonly keys: StoredKeys;
  readonly certificates?: CertificatePath | undefined;
}

/** What a person reviews: the bytes that will be signed, and what they say. Show `intent`, and nothing else. */
export interface Draft {
  readonly id: string;
  readonly bytes: Bytes;
  readonly intent: Intent;
  readonly details?: Details | undefined;
  readonly file?: SentFile | undefined;
}

/** What really runs: the public page of the bank. Further members as in `docs/openapi.json`. */
export interface SecurityInfo {
  readonly bank: string;
  readonly name: string;
  readonly suite: string;
  readonly trust: unknown;
}

const TRUST = 'trust';
const PROFILE = 'profile';
const SECURITY_INFO = '/api/security/info';

export interface ConnectOptions {
  /** Address of the bank; its own origin where absent. */
  readonly base?: string;
  readonly store?: Store;
  readonly fetch?: typeof fetch;
  /** A trust file from elsewhere: then nothing is believed at first sight. */
  readonly trust?: unknown;
}

/** A bank. */
export class Bank {
  readonly transport: Transport;
  readonly store: Store;
  readonly trust: Trust;
  /** Its name for people. */
  readonly name: string;

  private constructor(transport: Transport, store: Store, trust: Trust, name: string) {
    this.transport = transport;
    this.store = store;
    this.trust = trust;
    this.name = name;
  }

  /** Asks the bank who it is, and refuses another one than the one that this browser knows. */
  static async connect(options: ConnectOptions = {}): Promise<Bank> {
    const store =
      options.store ?? (typeof indexedDB === 'undefined' ? new MemoryStore() : new BrowserStore());
    const transport = new Transport(options.base ?? '', options.fetch);
    const info = await transport.get<SecurityInfo>(SECURITY_INFO);
    const shown = await parseTrust(info.trust);
    const kept = options.trust ?? (await store.get(TRUST));
    const trust = kept ? await parseTrust(kept) : shown;
    if (!isSameBank(trust, shown)) throw new AnswerError('it is not the bank that this device knows');
    if (trust.suite.name !== 'standard') {
      throw new DeviceError('unsupported-suite', `browsers have no keys of suite ${trust.suite.name}`);
    }
    await store.put(TRUST, trust.text satisfies TrustText);
    return new Bank(transport, store, trust, info.name);
  }

  /** Who this device is, if it is somebody. */
  async profile(): Promise<Profile | undefined> {
    return (await this.store.get(PROFILE)) as Profile | undefined;
  }

  /** The same, where signing is meant: with its certificates. */
  async enrolledProfile(): Promise<Profile & { readonly certificates: CertificatePath }> {
    const profile = await this.profile();
    if (!profile?.certificates) throw new DeviceError('not-enrolled', 'this device has no certificate');
    return { ...profile, certificates: profile.certificates };
  }

  async keepProfile(profile: Profile): Promise<void> {
    await this.store.put(PROFILE, profile);
  }

  /** Forgets this device's keys. The bank still knows the device until it is revoked. */
  async forgetProfile(): Promise<void> {
    const profile = await this.profile();
    if (profile) await this.store.delete(chainName(profile.keys.fingerprint));
    await this.store.delete(PROFILE);
  }

  /**
   * Lays out what is to be signed: one attempt, one id. Nothing is reserved yet; a person may take as long as they like.
   * Throws for a kind that the role may not sign, and for details that the body does not commit to.
   */
  async draft(prepared: Prepared, id: string = uuid7()): Promise<Draft> {
    const profile = await this.enrolledProfile();
    return this.draftOf(profile, hex(sha3(profile.certificates.holder)), prepared, id);
  }

  /** As `draft`, under a name for the certificate: an enrolment has its request instead. */
  async draftOf(
    profile: Profile,
    certificate: string,
    prepared: Prepared,
    id: string = uuid7(),
  ): Promise<Draft> {
    const { wish, details, file } = prepared;
    if (!ALLOWED[profile.user.role].includes(wish.kind)) {
      throw new IntentError('role-cannot-sign', `${profile.user.role} may not sign ${wish.kind}`, 'kind');
    }
    matchDetails(wish, details);
    const chain = await this.#chain(profile.keys.fingerprint);
    const header = {
      bank: this.trust.bank,
      certificate,
      device: profile.keys.deviceId,
      authority: profile.user.role,
      at: utcOf(this.transport.nowMicros()),
      seq: chain.seq + 1n,
      prev: chain.prev,
      id,
    };
    const bytes = encodeIntent({ ...header, ...wish } as Intent);
    return { id, bytes, intent: decodeIntent(bytes), details, file };
  }

  /**
   * Signs what was reviewed. Its place in the key's own chain is taken before the signature is made, and never again.
   * Where the chain went on meanwhile (in another tab), only `seq`, `prev` and `at` are laid out anew; the id and every
   * byte of the body stay those that were reviewed.
   */
  async sign(draft: Draft): Promise<SignedIntent> {
    const profile = await this.enrolledProfile();
    return withKeys(profile.keys, (keys) => this.signWith(profile, keys, draft));
  }

  /** As `sign`, with keys that are in use. */
  async signWith(profile: Profile, keys: UsableKeys, draft: Draft): Promise<SignedIntent> {
    const { fingerprint } = profile.keys;
    return withLock(`strongroom-chain-${fingerprint}`, async () => {
      const chain = await this.#chain(fingerprint);
      const { certificate, kind, bank } = draft.intent;
      let { bytes } = draft;
      if (draft.intent.seq !== chain.seq + 1n || draft.intent.prev !== chain.prev) {
        const at = utcOf(this.transport.nowMicros());
        const renewed = { ...draft.intent, at, seq: chain.seq + 1n, prev: chain.prev } as Intent;
        bytes = encodeIntent(renewed);
        if (!equal(bodyBytes(decodeIntent(bytes)), bodyBytes(draft.intent))) {
          throw new IntentError('not-canonical', 'the body is not the one that was reviewed');
        }
      }
      const next: StoredChain = { seq: (chain.seq + 1n).toString(), prev: hex(sha3(bytes)) };
      await this.store.put(chainName(fingerprint), next);
      const signature = await keys.sign(contextOf(bank, KINDS[kind].purpose), bytes);
      const { details, file } = draft;
      return { intent: bytes, suite: this.trust.suite.name, certificate, signature, details, file };
    });
  }

  async #chain(fingerprint: string): Promise<Chain> {
    const stored = (await this.store.get(chainName(fingerprint))) as StoredChain | undefined;
    if (!stored) return CHAIN_START;
    if (!fromHex(stored.prev, 32)) throw new DeviceError('no-key', 'the chain of this key cannot be read');
    return { seq: BigInt(stored.seq), prev: stored.prev };
  }
}

interface StoredChain {
  readonly seq: string;
  readonly prev: string;
}

const chainName = (fingerprint: string): string => `chain/${fingerprint}`;

const bodyBytes = ({ kind, body }: Intent): Bytes =>
  concat(canonicalBytes(kind), canonicalBytes(JSON.parse(JSON.stringify(body)) as Value));
