/** The hashes of the protocol. */
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import { sha3_256 as nobleSha3 } from '@noble/hashes/sha3.js';
import { type Bytes, concat, own } from './bytes';

export const sha256 = (...parts: readonly Uint8Array[]): Bytes => own(nobleSha256(concat(...parts)));
export const sha512 = (...parts: readonly Uint8Array[]): Bytes => own(nobleSha512(concat(...parts)));
export const sha3 = (...parts: readonly Uint8Array[]): Bytes => own(nobleSha3(concat(...parts)));
export const hmacSha3 = (key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes =>
  own(hmac(nobleSha3, key, concat(...parts)));
export const hkdfSha256 = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Bytes =>
  own(hkdf(nobleSha256, secret, salt, info, length));
