/** The device secret: 32 bytes that never leave, from which identity and proofs of the device come. */
import { type Bytes, hex, utf8 } from './bytes';
import { hkdfSha256, hmacSha3, sha3 } from './hash';

const NOTHING = new Uint8Array(0);
const derive = (secret: Uint8Array, info: string): Bytes => hkdfSha256(secret, NOTHING, utf8(info), 32);

/** Identity of the device of a secret: public. */
export const deviceIdOf = (secret: Uint8Array): string => {
  const verifier = derive(secret, 'strongroom/device-verifier/v1');
  const id = hex(sha3(verifier));
  verifier.fill(0);
  return id;
};

/** The key that the bank shares with the device. The caller zeroes it. */
export const deviceKeyOf = (secret: Uint8Array): Bytes => derive(secret, 'strongroom/device-key/v1');

/** What an enrolment says of the key. */
export const deviceKeyCommitment = (deviceKey: Uint8Array): string => hex(sha3(deviceKey));

/** The device's own proof of a sign-in, over the bytes that were signed. */
export const deviceProof = (deviceKey: Uint8Array, canonical: Uint8Array): Bytes =>
  hmacSha3(deviceKey, utf8('strongroom/device-proof/v1'), canonical);
