/**
 * The primitives: WebCrypto where the platform has them, noble in software otherwise, loaded when first needed.
 * Which one is in use is shown on the Security page; both give and take the same bytes.
 */
import { type Bytes, hex, own } from './bytes';
import type { MlDsaSet } from './suites';

/** Parameters of algorithms that the library's types do not know yet. */
interface Algorithm {
  readonly name: string;
  readonly context?: Bytes;
}

type Supports = (operation: string, algorithm: string) => boolean;

const USAGES: Readonly<Record<string, readonly string[]>> = {
  'ML-KEM-768': ['encapsulateBits', 'decapsulateBits'],
  X25519: ['deriveBits'],
};

const tried = new Map<string, Promise<boolean>>();

const tryOut = async (algorithm: string): Promise<boolean> => {
  const subtle = globalThis.SubtleCrypto as unknown as { supports?: Supports } | undefined;
  try {
    if (subtle?.supports) return subtle.supports('generateKey', algorithm);
    const usages = (USAGES[algorithm] ?? ['sign', 'verify']) as KeyUsage[];
    await crypto.subtle.generateKey({ name: algorithm }, false, usages);
    return true;
  } catch {
    return false;
  }
};

/** Whether the platform does an algorithm itself: asked where it answers, else tried, once. */
export const isNative = (algorithm: string): Promise<boolean> => {
  const known = tried.get(algorithm) ?? tryOut(algorithm);
  tried.set(algorithm, known);
  return known;
};

const areNative = async (...algorithms: readonly string[]): Promise<boolean> =>
  (await Promise.all(algorithms.map(isNative))).every(Boolean);

/** Whether signing keys can be made and kept by the platform. */
export const hasNativeSigning = (): Promise<boolean> => areNative('ML-DSA-65', 'Ed25519');

/** Whether KEM keys can be. */
export const hasNativeKem = (): Promise<boolean> => areNative('ML-KEM-768', 'X25519');

const importRaw = (
  format: 'raw' | 'raw-public',
  key: Bytes,
  name: string,
  usages: KeyUsage[],
): Promise<CryptoKey> => crypto.subtle.importKey(format as 'raw', key, { name }, false, usages);

/** Ed25519 keys of small order: whoever has one has a signature that fits many messages. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

const isSmallOrder = (key: Bytes): boolean => {
  const unsigned = own(key);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(hex(unsigned));
};

export const verifyEd25519 = async (key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> => {
  if (key.length !== 32 || signature.length !== 64 || isSmallOrder(key)) return false;
  try {
    if (await isNative('Ed25519')) {
      const imported = await importRaw('raw', key, 'Ed25519', ['verify']);
      return await crypto.subtle.verify('Ed25519', imported, signature, message);
    }
    const { ed25519 } = await import('@noble/curves/ed25519.js');
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
};

/** ECDSA on P-256 with SHA-256; keys uncompressed, signatures in DER. */
export const verifyP256 = async (key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> => {
  try {
    const { p256 } = await import('@noble/curves/nist.js');
    return p256.verify(signature, message, key, { format: 'der', lowS: false });
  } catch {
    return false;
  }
};

const nobleMlDsa = async (set: MlDsaSet) => {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import('@noble/post-quantum/ml-dsa.js');
  return { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 }[set];
};

export const verifyMlDsa = async (
  set: MlDsaSet,
  key: Bytes,
  message: Bytes,
  signature: Bytes,
  context: Bytes,
): Promise<boolean> => {
  try {
    if (await isNative(set)) {
      const imported = await importRaw('raw-public', key, set, ['verify']);
      return await crypto.subtle.verify({ name: set, context } as Algorithm, imported, signature, message);
    }
    const algorithm = await nobleMlDsa(set);
    return algorithm.verify(signature, message, key, { context });
  } catch {
    return false;
  }
};

/** Signs by keys of the platform. */
export const signNative = async (
  name: 'ML-DSA-65' | 'Ed25519',
  key: CryptoKey,
  message: Bytes,
  context?: Bytes,
): Promise<Bytes> =>
  own(await crypto.subtle.sign((context ? { name, context } : { name }) as Algorithm, key, message));

/** A signing key in software: halves of a seed of 64 bytes, ML-DSA first. Its secrets are zeroed after each use. */
export const softwareSigner = async (seed: Uint8Array) => {
  const [algorithm, { ed25519 }] = await Promise.all([
    nobleMlDsa('ML-DSA-65'),
    import('@noble/curves/ed25519.js'),
  ]);
  const keep = own(seed);
  const pair = algorithm.keygen(own(keep.subarray(0, 32)));
  const classical = own(keep.subarray(32, 64));
  return {
    publicKey: own(new Uint8Array([...pair.publicKey, ...ed25519.getPublicKey(classical)])),
    signMlDsa: (message: Bytes, context: Bytes): Bytes =>
      own(algorithm.sign(message, pair.secretKey, { context })),
    signEd25519: (message: Bytes): Bytes => own(ed25519.sign(message, classical)),
    /** Ends its use. */
    drop: (): void => {
      for (const secret of [keep, classical, pair.secretKey]) secret.fill(0);
    },
  };
};

/** ML-KEM-768 with X25519 as X-Wing, in software, from a seed of 32 bytes. */
export const softwareKem = async (seed: Uint8Array) => {
  const { ml_kem768_x25519 } = await import('@noble/post-quantum/hybrid.js');
  const pair = ml_kem768_x25519.keygen(own(seed));
  return {
    publicKey: own(pair.publicKey),
    decapsulate: (ciphertext: Bytes): Bytes => own(ml_kem768_x25519.decapsulate(ciphertext, pair.secretKey)),
    drop: (): void => {
      pair.secretKey.fill(0);
    },
  };
};

/** A shared secret for a public X-Wing key. */
export const encapsulate = async (publicKey: Bytes): Promise<{ shared: Bytes; ciphertext: Bytes }> => {
  const { ml_kem768_x25519 } = await import('@noble/post-quantum/hybrid.js');
  const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(publicKey);
  return { shared: own(sharedSecret), ciphertext: own(cipherText) };
};
