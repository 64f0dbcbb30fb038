/**
 * Passkeys: as a way to sign in (the bank knows them), and as the lock of this device's keys (PRF; the bank learns
 * nothing of it). What a PRF gives is a key: it is taken out of every credential before anything is sent.
 */
import { type Bytes, own, random, utf8 } from './bytes';
import { DeviceError } from './errors';

const PRF_SALT = utf8('strongroom/device-kek/v1');

interface PrfResults {
  prf?: { enabled?: boolean; results?: { first?: BufferSource } };
}

/** A credential as JSON that may be sent: without any output of its extensions that is secret. */
export const sendable = (credential: PublicKeyCredential): Record<string, unknown> => {
  const json = structuredClone(credential.toJSON()) as unknown as Record<string, unknown>;
  return withoutPrf(json);
};

/** Takes what a PRF gave out of a credential's JSON. */
export const withoutPrf = (json: Record<string, unknown>): Record<string, unknown> => {
  const results = json.clientExtensionResults;
  if (typeof results !== 'object' || results === null) return json;
  const { prf: _, ...rest } = results as Record<string, unknown>;
  return { ...json, clientExtensionResults: rest };
};

const prfOf = (credential: PublicKeyCredential): Bytes | undefined => {
  const first = (credential.getClientExtensionResults() as PrfResults).prf?.results?.first;
  if (!first) return;
  if (first instanceof ArrayBuffer) return own(first);
  return own(new Uint8Array(first.buffer, first.byteOffset, first.byteLength));
};

const cancelled = (cause: unknown): DeviceError =>
  new DeviceError('cancelled', 'the passkey was not used', { cause });

/** The key-encryption key of what a PRF gave, which is zeroed. */
export const kekOfPrf = async (prf: Bytes): Promise<CryptoKey> => {
  const secret = await crypto.subtle.importKey('raw', prf, 'HKDF', false, ['deriveKey']);
  prf.fill(0);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: PRF_SALT };
  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey', 'encrypt', 'decrypt'];
  return crypto.subtle.deriveKey(derivation, secret, { name: 'AES-GCM', length: 256 }, false, usages);
};

/** Whether this browser may have passkeys with a PRF. */
export const mayHavePrf = async (): Promise<boolean> => {
  if (typeof PublicKeyCredential === 'undefined' || !navigator.credentials) return false;
  const capabilities = (
    PublicKeyCredential as unknown as { getClientCapabilities?: () => Promise<Record<string, boolean>> }
  ).getClientCapabilities;
  if (!capabilities) return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  const known = await capabilities.call(PublicKeyCredential);
  return known['extension:prf'] !== false && known.passkeyPlatformAuthenticator !== false;
};

/** Unlocks by a passkey of this device: asks its holder. */
export const unlockByPasskey = async (credentialId: Bytes): Promise<CryptoKey> => {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: random(32),
    allowCredentials: [{ type: 'public-key', id: credentialId }],
    userVerification: 'required',
    extensions: { prf: { eval: { first: PRF_SALT } } } as AuthenticationExtensionsClientInputs,
  };
  const credential = await navigator.credentials
    .get({ publicKey })
    .catch((cause) => Promise.reject(cancelled(cause)));
  const prf = credential && prfOf(credential as PublicKeyCredential);
  if (!prf) throw new DeviceError('no-prf', 'the passkey gave no key');
  return kekOfPrf(prf);
};

/**
 * Makes the passkey that locks this device's keys: it stays here, and the bank is told nothing. Its handle is random: one
 * that is there already would be overwritten, and the bank's own passkeys have the person's id.
 */
export const newLockPasskey = async (
  bankName: string,
  userName: string,
): Promise<{ credentialId: Bytes; kek: CryptoKey }> => {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: random(32),
    rp: { name: bankName },
    user: { id: random(32), name: userName, displayName: userName },
    pubKeyCredParams: [
      { type: 'public-key', alg: -8 },
      { type: 'public-key', alg: -7 },
      { type: 'public-key', alg: -257 },
    ],
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
    extensions: { prf: { eval: { first: PRF_SALT } } } as AuthenticationExtensionsClientInputs,
  };
  const made = await navigator.credentials
    .create({ publicKey })
    .catch((cause) => Promise.reject(cancelled(cause)));
  if (!made) throw cancelled(undefined);
  const credential = made as PublicKeyCredential;
  const credentialId = own(credential.rawId);
  const prf = prfOf(credential);
  if (prf) return { credentialId, kek: await kekOfPrf(prf) };
  if (!(credential.getClientExtensionResults() as PrfResults).prf?.enabled) {
    throw new DeviceError('no-prf', 'this passkey cannot lock keys');
  }
  return { credentialId, kek: await unlockByPasskey(credentialId) };
};

type FromJson<T> = {
  parseRequestOptionsFromJSON?: (json: unknown) => T;
  parseCreationOptionsFromJSON?: (json: unknown) => T;
};

/** Answers the bank's question with a passkey that it knows; what comes back may be sent. */
export const answerByPasskey = async (options: unknown): Promise<Record<string, unknown>> => {
  const parse = (PublicKeyCredential as unknown as FromJson<PublicKeyCredentialRequestOptions>)
    .parseRequestOptionsFromJSON;
  if (!parse) throw new DeviceError('unsupported-browser', 'this browser reads no passkey options');
  const publicKey = parse.call(PublicKeyCredential, (options as { publicKey: unknown }).publicKey);
  const found = await navigator.credentials
    .get({ publicKey })
    .catch((cause) => Promise.reject(cancelled(cause)));
  if (!found) throw cancelled(undefined);
  return sendable(found as PublicKeyCredential);
};

/** Makes a passkey that the bank is to know; what comes back may be sent. */
export const newPasskey = async (options: unknown): Promise<Record<string, unknown>> => {
  const parse = (PublicKeyCredential as unknown as FromJson<PublicKeyCredentialCreationOptions>)
    .parseCreationOptionsFromJSON;
  if (!parse) throw new DeviceError('unsupported-browser', 'this browser reads no passkey options');
  const publicKey = parse.call(PublicKeyCredential, (options as { publicKey: unknown }).publicKey);
  const made = await navigator.credentials
    .create({ publicKey })
    .catch((cause) => Promise.reject(cancelled(cause)));
  if (!made) throw cancelled(undefined);
  return sendable(made as PublicKeyCredential);
};
