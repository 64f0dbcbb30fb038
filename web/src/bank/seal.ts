/** Sealed boxes: KEM, HKDF and ChaCha20-Poly1305, bound to a purpose and a transcript. Of suite `standard`. */
import { type Bytes, concat, own, random, utf8 } from './bytes';
import { AnswerError } from './errors';
import { hkdfSha256, sha3, sha256 } from './hash';
import { encapsulate, hasNativeKem, softwareKem } from './primitives';
import { SUITES } from './suites';

const VERSION = 1;
const NONCE_LENGTH = 12;
const ML_KEM_PUBLIC = 1184;
const ML_KEM_CIPHERTEXT = 1088;
const CIPHERTEXT_LENGTH = 1120;
/** `\.//^\` as the X-Wing draft draws it. */
const XWING_LABEL = utf8('\\.//^\\');

/** A KEM key that opens boxes; its secret half may be one that the platform never shows. */
export interface KemKey {
  readonly publicKey: Bytes;
  readonly decapsulate: (ciphertext: Bytes) => Promise<Bytes>;
}

/** The halves of an X-Wing key as the platform keeps them. */
export interface NativeKem {
  readonly mlKem: CryptoKey;
  readonly x25519: CryptoKey;
  readonly publicKey: Bytes;
}

const ML_KEM = { name: 'ML-KEM-768' };

interface KemSubtle {
  decapsulateBits(algorithm: { name: string }, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

/** New halves, which cannot be taken out of the platform unless `extractable`. */
export const newNativeKem = async (): Promise<NativeKem> => {
  const usages = ['encapsulateBits', 'decapsulateBits'] as unknown as KeyUsage[];
  const [mlKem, x25519] = (await Promise.all([
    crypto.subtle.generateKey(ML_KEM, false, usages),
    crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']),
  ])) as [CryptoKeyPair, CryptoKeyPair];
  const publicKey = concat(
    own(await crypto.subtle.exportKey('raw-public' as 'raw', mlKem.publicKey)),
    own(await crypto.subtle.exportKey('raw', x25519.publicKey)),
  );
  return { mlKem: mlKem.privateKey, x25519: x25519.privateKey, publicKey };
};

/** A key of the platform's halves: both secrets are combined as X-Wing does. */
export const nativeKemKey = ({ mlKem, x25519, publicKey }: NativeKem): KemKey => ({
  publicKey,
  decapsulate: async (ciphertext) => {
    const first = own(ciphertext.subarray(0, ML_KEM_CIPHERTEXT));
    const second = own(ciphertext.subarray(ML_KEM_CIPHERTEXT));
    const peer = await crypto.subtle.importKey('raw', second, { name: 'X25519' }, false, []);
    const subtle = crypto.subtle as unknown as KemSubtle;
    const [shared, agreed] = await Promise.all([
      subtle.decapsulateBits(ML_KEM, mlKem, first),
      crypto.subtle.deriveBits({ name: 'X25519', public: peer }, x25519, 256),
    ]);
    return sha3(
      new Uint8Array(shared),
      new Uint8Array(agreed),
      second,
      publicKey.subarray(ML_KEM_PUBLIC),
      XWING_LABEL,
    );
  },
});

/** A key of a seed, in software. The caller zeroes the seed. */
export const kemOfSeed = async (seed: Uint8Array): Promise<KemKey & { readonly drop: () => void }> => {
  const key = await softwareKem(seed);
  return { publicKey: key.publicKey, decapsulate: async (bytes) => key.decapsulate(bytes), drop: key.drop };
};

/** A key for one answer of the bank: made, used and forgotten. */
export const ephemeralKem = async (): Promise<KemKey & { readonly drop: () => void }> => {
  if (await hasNativeKem()) return { ...nativeKemKey(await newNativeKem()), drop: () => undefined };
  const seed = random(32);
  try {
    return await kemOfSeed(seed);
  } finally {
    seed.fill(0);
  }
};

const cipherOf = async (
  shared: Bytes,
  publicKey: Bytes,
  ciphertext: Bytes,
  purpose: string,
  transcript: Bytes,
  nonce: Bytes,
) => {
  const { chacha20poly1305 } = await import('@noble/ciphers/chacha.js');
  const name = utf8(purpose);
  const info = concat(new Uint8Array([name.length]), name, transcript);
  const key = hkdfSha256(shared, sha256(ciphertext, publicKey), info, 32);
  shared.fill(0);
  return { cipher: chacha20poly1305(key, nonce, HEADER), drop: () => key.fill(0) };
};

const HEADER = new Uint8Array([VERSION, SUITES.standard.code]);

/** Seals to a public key. */
export const sealTo = async (
  publicKey: Bytes,
  purpose: string,
  transcript: Bytes,
  plaintext: Uint8Array,
): Promise<Bytes> => {
  const { shared, ciphertext } = await encapsulate(publicKey);
  const nonce = random(NONCE_LENGTH);
  const { cipher, drop } = await cipherOf(shared, publicKey, ciphertext, purpose, transcript, nonce);
  try {
    return concat(HEADER, ciphertext, nonce, cipher.encrypt(plaintext));
  } finally {
    drop();
  }
};

/** Opens what was sealed to this key for this purpose and transcript. The caller zeroes what comes out. */
export const openSealed = async (
  key: KemKey,
  purpose: string,
  transcript: Bytes,
  sealed: Bytes,
): Promise<Bytes> => {
  if (sealed[0] !== VERSION || sealed[1] !== SUITES.standard.code || sealed.length < CIPHERTEXT_LENGTH + 30) {
    throw new AnswerError('sealed box');
  }
  const ciphertext = own(sealed.subarray(2, 2 + CIPHERTEXT_LENGTH));
  const body = sealed.subarray(2 + CIPHERTEXT_LENGTH);
  const nonce = own(body.subarray(0, NONCE_LENGTH));
  try {
    const shared = await key.decapsulate(ciphertext);
    const { cipher, drop } = await cipherOf(shared, key.publicKey, ciphertext, purpose, transcript, nonce);
    try {
      return own(cipher.decrypt(body.subarray(NONCE_LENGTH)));
    } finally {
      drop();
    }
  } catch (cause) {
    throw new AnswerError('sealed box', { cause });
  }
};
