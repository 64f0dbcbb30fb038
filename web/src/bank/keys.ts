/**
 * The keys of this device, by tier of custody. No seed ever leaves this module, and none is in a request.
 *
 * A `passkey`: made by the platform, wrapped under a key that only the holder's passkey gives; unwrapped straight into
 *   keys that cannot be taken out, for one use. Where the platform knows no ML-DSA the same lock is on a seed that is
 *   used as at C.
 * B `device`: made and kept by the platform, never to be taken out; whoever uses this browser profile can use them.
 * C `worker`: where the platform knows no ML-DSA: a seed wrapped under a key that it keeps, unwrapped in a worker only,
 *   zeroed after. In software, not constant in time: the bank may limit what such a device can do.
 */
import { type Bytes, concat, hex, own, random, utf8 } from './bytes';
import { signComposite } from './composite';
import { deviceIdOf, deviceKeyOf } from './device';
import { DeviceError } from './errors';
import { sha3 } from './hash';
import { mayHavePrf, newLockPasskey, unlockByPasskey } from './passkey';
import { hasNativeKem, hasNativeSigning, signNative, softwareSigner } from './primitives';
import { type KemKey, kemOfSeed, type NativeKem, nativeKemKey, newNativeKem } from './seal';
import address from './signer.worker.ts?worker&url';
import type { Store } from './store';
import { signWithWrapped, unwrapBytes, type Wrapped, type WrappedRequest, wrapBytes } from './wrapped';

export type Tier = 'passkey' | 'device' | 'worker';

/** Keys as they are stored. Structured-cloneable: they go into IndexedDB as they are. */
export interface StoredKeys {
  readonly tier: Tier;
  /** Both halves of the signing key, public. */
  readonly publicKey: Bytes;
  readonly kemPublicKey: Bytes;
  readonly deviceId: string;
  /** SHA3-256 of the public key. */
  readonly fingerprint: string;
  readonly madeAt: string;
  readonly signing: NativeSigning | WrappedSigning | SeedSigning;
  readonly kem: NativeKem | { readonly seed: Wrapped };
  /** Key of this browser profile: under it everything is wrapped that no passkey locks. */
  readonly kek: CryptoKey | undefined;
  readonly credentialId: Bytes | undefined;
  readonly deviceSecret: Wrapped;
}

interface NativeSigning {
  readonly kind: 'native';
  readonly mlDsa: CryptoKey;
  readonly ed25519: CryptoKey;
}

interface WrappedSigning {
  readonly kind: 'wrapped';
  readonly mlDsa: Wrapped;
  readonly ed25519: Wrapped;
}

interface SeedSigning {
  readonly kind: 'seed';
  readonly seed: Wrapped;
}

/** Keys that can be used now. */
export interface UsableKeys {
  readonly publicKey: Bytes;
  readonly kem: KemKey;
  readonly deviceId: string;
  sign(context: Bytes, message: Bytes): Promise<Bytes>;
  /** The key that the bank shares with this device, for the time of `use`; it is zeroed after. */
  withDeviceKey<T>(use: (key: Bytes) => Promise<T>): Promise<T>;
}

const AES = { name: 'AES-GCM', length: 256 } as const;
const ML_DSA = { name: 'ML-DSA-65' };
const ED25519 = { name: 'Ed25519' };
const DEVICE = utf8('strongroom/device-secret/v1');
const KEM = utf8('strongroom/kem-seed/v1');

const profileKek = (): Promise<CryptoKey> => crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);

const newPair = (algorithm: { name: string }, extractable: boolean): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(algorithm, extractable, ['sign', 'verify']) as Promise<CryptoKeyPair>;

const publicOf = async (mlDsa: CryptoKeyPair, ed25519: CryptoKeyPair): Promise<Bytes> =>
  concat(
    own(await crypto.subtle.exportKey('raw-public' as 'raw', mlDsa.publicKey)),
    own(await crypto.subtle.exportKey('raw', ed25519.publicKey)),
  );

/** Whether keys sign in software: the Security page says so, for it is not constant in time. */
export const isSoftware = ({ signing }: StoredKeys): boolean => signing.kind === 'seed';

const PROBE = 'probe';

/** Whether native keys come back out of a store as they went in: some browsers lose new kinds of keys. */
const canStore = async (store: Store): Promise<boolean> => {
  try {
    const { privateKey } = await newPair(ML_DSA, false);
    await store.put(PROBE, privateKey);
    return (await store.get(PROBE)) instanceof CryptoKey;
  } catch {
    return false;
  } finally {
    await store.delete(PROBE);
  }
};

/** What this browser can have, the best first. The platform's own keys replace the last resort. */
export const tiersOf = async (store: Store): Promise<readonly [Tier, ...Tier[]]> => {
  const without: Tier = (await hasNativeSigning()) && (await canStore(store)) ? 'device' : 'worker';
  return (await mayHavePrf()) ? ['passkey', without] : [without];
};

/** The best tier that this browser can have. */
export const bestTier = async (store: Store): Promise<Tier> => (await tiersOf(store))[0];

const wrapKey = async (kek: CryptoKey, key: CryptoKey, format: 'raw-seed' | 'pkcs8'): Promise<Wrapped> => {
  const iv = random(12);
  const sealed = await crypto.subtle.wrapKey(format as 'pkcs8', key, kek, { name: 'AES-GCM', iv });
  return { iv, ciphertext: own(sealed) };
};

const unwrapKey = (
  kek: CryptoKey,
  { iv, ciphertext }: Wrapped,
  format: 'raw-seed' | 'pkcs8',
  algorithm: { name: string },
): Promise<CryptoKey> =>
  crypto.subtle.unwrapKey(format as 'pkcs8', ciphertext, kek, { name: 'AES-GCM', iv }, algorithm, false, [
    'sign',
  ]);

interface Wish {
  readonly tier: Tier;
  /** Whose they are, for the name of the passkey. */
  readonly userName: string;
  readonly bankName: string;
  /** The device secret to go on with: a rotation keeps the device. */
  readonly deviceSecret?: Bytes;
  /** The passkey to go on with. */
  readonly lock?: Lock | undefined;
}

interface Lock {
  readonly credentialId: Bytes;
  readonly kek: CryptoKey;
}

/** New keys, and what they are locked with: for their first use, so that nobody is asked twice. */
export interface NewKeys {
  readonly keys: StoredKeys;
  readonly kek: CryptoKey;
}

const signingOf = async (
  tier: Tier,
  kek: CryptoKey,
): Promise<{ signing: StoredKeys['signing']; publicKey: Bytes }> => {
  if (tier === 'worker' || (tier === 'passkey' && !(await hasNativeSigning()))) {
    const seed = random(64);
    try {
      const signer = await softwareSigner(seed);
      signer.drop();
      const { publicKey } = signer;
      return { publicKey, signing: { kind: 'seed', seed: await wrapBytes(kek, seed, publicKey) } };
    } finally {
      seed.fill(0);
    }
  }
  const wraps = tier === 'passkey';
  const [mlDsa, ed25519] = await Promise.all([newPair(ML_DSA, wraps), newPair(ED25519, wraps)]);
  const publicKey = await publicOf(mlDsa, ed25519);
  if (!wraps)
    return { publicKey, signing: { kind: 'native', mlDsa: mlDsa.privateKey, ed25519: ed25519.privateKey } };
  const [first, second] = await Promise.all([
    wrapKey(kek, mlDsa.privateKey, 'raw-seed'),
    wrapKey(kek, ed25519.privateKey, 'pkcs8'),
  ]);
  return { publicKey, signing: { kind: 'wrapped', mlDsa: first, ed25519: second } };
};

/** Makes new keys of a tier. They are not stored yet. */
export const newKeys = async (wish: Wish): Promise<NewKeys> => {
  const { tier, userName, bankName, deviceSecret } = wish;
  const lock = tier === 'passkey' ? (wish.lock ?? (await newLockPasskey(bankName, userName))) : undefined;
  const kek = lock?.kek ?? (await profileKek());
  const { signing, publicKey } = await signingOf(tier, kek);
  let kem: StoredKeys['kem'];
  let kemPublicKey: Bytes;
  if (await hasNativeKem()) {
    kem = await newNativeKem();
    kemPublicKey = (kem as NativeKem).publicKey;
  } else {
    const seed = random(32);
    const made = await kemOfSeed(seed);
    made.drop();
    kemPublicKey = made.publicKey;
    kem = { seed: await wrapBytes(kek, seed, KEM) };
    seed.fill(0);
  }
  const secret = deviceSecret ? own(deviceSecret) : random(32);
  try {
    const keys: StoredKeys = {
      tier,
      publicKey,
      kemPublicKey,
      deviceId: deviceIdOf(secret),
      fingerprint: hex(sha3(publicKey)),
      madeAt: new Date().toISOString(),
      signing,
      kem,
      kek: lock ? undefined : kek,
      credentialId: lock?.credentialId,
      deviceSecret: await wrapBytes(kek, secret, DEVICE),
    };
    return { keys, kek };
  } finally {
    secret.fill(0);
  }
};

/** What opens keys: at tier A the holder is asked. It cannot be taken out; drop it after use. */
export const unlock = async ({ kek, credentialId }: StoredKeys): Promise<CryptoKey> => {
  if (kek) return kek;
  if (credentialId) return unlockByPasskey(credentialId);
  throw new DeviceError('no-key', 'these keys have no lock');
};

/** Signs in a worker where there are workers; the one policy of Trusted Types lets its address through. */
const signInWorker = async (request: WrappedRequest): Promise<Bytes> => {
  if (typeof Worker === 'undefined') return signWithWrapped(request);
  const worker = new Worker(trusted(address) as string, { type: 'module' });
  try {
    return await new Promise<Bytes>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ signature?: Bytes; error?: string }>) => {
        if (data.signature) resolve(data.signature);
        else reject(new DeviceError('sign-failed', data.error ?? 'the worker failed'));
      };
      worker.onerror = () => reject(new DeviceError('sign-failed', 'the worker failed'));
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
};

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): unknown };
}

let policy: { createScriptURL(url: string): unknown } | undefined;

const trusted = (address: string): unknown => {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (!types) return address;
  policy ??= types.createPolicy('bank-worker', {
    createScriptURL: (url) => {
      if (new URL(url, location.origin).origin !== location.origin)
        throw new TypeError('a worker of another origin');
      return url;
    },
  });
  return policy.createScriptURL(address);
};

const signerOf = async (
  stored: StoredKeys,
  kek: CryptoKey,
): Promise<(context: Bytes, message: Bytes) => Promise<Bytes>> => {
  const { signing, publicKey } = stored;
  if (signing.kind === 'seed') {
    const { seed } = signing;
    return (context, message) => signInWorker({ kek, seed, publicKey, context, message });
  }
  const [mlDsa, ed25519] =
    signing.kind === 'native'
      ? [signing.mlDsa, signing.ed25519]
      : await Promise.all([
          unwrapKey(kek, signing.mlDsa, 'raw-seed', ML_DSA),
          unwrapKey(kek, signing.ed25519, 'pkcs8', ED25519),
        ]);
  const halves = {
    signMlDsa: (message: Bytes, context: Bytes) => signNative('ML-DSA-65', mlDsa, message, context),
    signEd25519: (message: Bytes) => signNative('Ed25519', ed25519, message),
  };
  return (context, message) => signComposite(halves, publicKey, context, message);
};

const kemOf = async (stored: StoredKeys, kek: CryptoKey): Promise<KemKey & { drop?: () => void }> => {
  if (!('seed' in stored.kem)) return nativeKemKey(stored.kem);
  const seed = await unwrapBytes(kek, stored.kem.seed, KEM);
  return kemOfSeed(seed).finally(() => seed.fill(0));
};

/**
 * Uses keys, and forgets them after: at tier A the holder is asked once for each use. Everything that belongs together
 * (signing in, and the proof of the device) goes into one.
 */
export const withKeys = async <T>(
  stored: StoredKeys,
  use: (keys: UsableKeys) => Promise<T>,
  unlocked?: CryptoKey,
): Promise<T> => {
  const kek = unlocked ?? (await unlock(stored));
  const sign = await signerOf(stored, kek);
  let kem: Promise<KemKey & { drop?: () => void }> | undefined;
  const lazyKem: KemKey = {
    publicKey: stored.kemPublicKey,
    decapsulate: async (ciphertext) => {
      kem ??= kemOf(stored, kek);
      return (await kem).decapsulate(ciphertext);
    },
  };
  const withDeviceKey: UsableKeys['withDeviceKey'] = async (work) => {
    const secret = await unwrapBytes(kek, stored.deviceSecret, DEVICE);
    const key = deviceKeyOf(secret);
    secret.fill(0);
    try {
      return await work(key);
    } finally {
      key.fill(0);
    }
  };
  try {
    return await use({
      publicKey: stored.publicKey,
      deviceId: stored.deviceId,
      sign,
      kem: lazyKem,
      withDeviceKey,
    });
  } finally {
    (await kem)?.drop?.();
  }
};

/** Successors of keys on the same device: the signing and KEM keys are new, the device and its passkey are not. */
export const successorOf = async (
  stored: StoredKeys,
  kek: CryptoKey,
  userName: string,
  bankName: string,
  tier: Tier = stored.tier,
): Promise<NewKeys> => {
  const { credentialId } = stored;
  const lock = credentialId && { credentialId, kek };
  const deviceSecret = await unwrapBytes(kek, stored.deviceSecret, DEVICE);
  try {
    return await newKeys({ tier, userName, bankName, deviceSecret, lock });
  } finally {
    deviceSecret.fill(0);
  }
};
