/** Signing by a wrapped seed: what runs in the worker of custody tier C. */
import { type Bytes, own } from './bytes';
import { signComposite } from './composite';
import { softwareSigner } from './primitives';

/** Bytes under a key that the platform keeps. */
export interface Wrapped {
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

/** What is signed, by which seed, wrapped under which key. */
export interface WrappedRequest {
  readonly kek: CryptoKey;
  readonly seed: Wrapped;
  readonly publicKey: Bytes;
  readonly context: Bytes;
  readonly message: Bytes;
}

/** Wraps bytes, bound to what they are for. */
export const wrapBytes = async (kek: CryptoKey, plaintext: Bytes, about: Bytes): Promise<Wrapped> => {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: about }, kek, plaintext);
  return { iv, ciphertext: own(sealed) };
};

/** Unwraps them. The caller zeroes what comes out. */
export const unwrapBytes = async (
  kek: CryptoKey,
  { iv, ciphertext }: Wrapped,
  about: Bytes,
): Promise<Bytes> =>
  new Uint8Array(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: about }, kek, ciphertext),
  );

/** Unwraps, signs, zeroes. */
export const signWithWrapped = async (request: WrappedRequest): Promise<Bytes> => {
  const seed = await unwrapBytes(request.kek, request.seed, request.publicKey);
  const signer = await softwareSigner(seed).finally(() => seed.fill(0));
  try {
    return await signComposite(signer, request.publicKey, request.context, request.message);
  } finally {
    signer.drop();
  }
};
