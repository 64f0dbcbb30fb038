/** The proof that each request of a session carries: a MAC under a key that only this tab and the bank know. */
import { type Bytes, base64, concat, hex, utf8, uuidBytes } from './bytes';
import { hkdfSha256, hmacSha3, sha256 } from './hash';

export const PROOF_HEADER = 'strongroom-proof';
export const DIGEST_HEADER = 'content-digest';
export const INSTANCE_HEADER = 'strongroom-instance';

/** The key of a session: of the secret that the bank sealed, and of the device's key where a device signed in. */
export const sessionKey = (session: string, bootstrap: Uint8Array, deviceKey?: Uint8Array): Bytes => {
  const salt = uuidBytes(session);
  if (!deviceKey) return hkdfSha256(bootstrap, salt, utf8('strongroom/request-proof/no-device/v1'), 32);
  const secret = concat(bootstrap, deviceKey);
  const key = hkdfSha256(secret, salt, utf8('strongroom/request-proof/v1'), 32);
  secret.fill(0);
  return key;
};

/** What is proved. */
export interface Proved {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Uint8Array;
  readonly atMicros: bigint;
  readonly counter: bigint;
  readonly instance: string;
}

/** The headers of a request. */
export const proofHeaders = (key: Uint8Array, request: Proved): Record<string, string> => {
  const { method, path, body, atMicros, counter, instance } = request;
  const digest = `sha-256=:${base64(sha256(body))}:`;
  const text = `v1\n${method}\n${path}\n${digest}\n${atMicros}\n${counter}\n${instance}`;
  const mac = hex(hmacSha3(key, utf8(text)));
  return {
    [DIGEST_HEADER]: digest,
    [PROOF_HEADER]: `t=${atMicros}, n=${counter}, i=${instance}, mac=${mac}`,
  };
};
