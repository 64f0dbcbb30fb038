/** Becoming somebody at the bank: the first device, a new key for it, a second device. Keys are made here and stay. */

import type { Bank, CertificatePath, Profile, User } from './bank';
import { type Bytes, base64url, fromBase64url, fromUtf8, hex, random, utf8 } from './bytes';
import { publicKey, X509_CONTEXT } from './composite';
import { deviceKeyCommitment } from './device';
import { AnswerError, DeviceError, Problem } from './errors';
import { isDigest, isUuid } from './forms';
import { sha3, sha256 } from './hash';
import { type Envelope, envelopeOf, type SignedIntent, wish } from './intent';
import { newKeys, type StoredKeys, successorOf, type Tier, type UsableKeys, unlock, withKeys } from './keys';
import { KINDS, ROLES } from './kinds';
import { type Pairing, pairingNumber, pairingText, parsePairing } from './pairing';
import { type Receipt, settleReceipt } from './receipt';
import { openSealed, sealTo } from './seal';
import { pathOf, Session } from './session';

const TOKEN_LENGTH = 32;

/** What lets somebody enrol, once: from a registration or an invitation. */
export interface Registration {
  readonly user: User;
  readonly token: Bytes;
}

/** Registers a customer by name and e-mail. */
export const register = async (bank: Bank, name: string, email: string): Promise<Registration> => {
  const answer = await bank.transport.post<Record<string, unknown>>('/api/users/register', { name, email });
  const id = answer.user_id;
  const token = fromBase64url(String(answer.registration_token), TOKEN_LENGTH);
  if (typeof id !== 'string' || !isUuid(id) || !token) throw new AnswerError('registration');
  return { user: { id, role: 'customer', name }, token };
};

const REGISTERED = 'registration';

/** Keeps a registration until it is used: a reload in between loses nobody's address. */
export const keepRegistration = (bank: Bank, registration: Registration): Promise<void> =>
  bank.store.put(REGISTERED, registration);

export const keptRegistration = async (bank: Bank): Promise<Registration | undefined> =>
  (await bank.store.get(REGISTERED)) as Registration | undefined;

export const forgetRegistration = (bank: Bank): Promise<void> => bank.store.delete(REGISTERED);

export const INVITATION = 'strongroom-invitation-1.';

/** Reads an invitation: one word that somebody was handed. `undefined` where it is none. */
export const parseInvitation = (word: string): Registration | undefined => {
  const text = word.trim();
  const json = text.startsWith(INVITATION) ? fromBase64url(text.slice(INVITATION.length)) : undefined;
  if (!json) return;
  try {
    const { user, role, name, token } = JSON.parse(fromUtf8(json)) as Record<string, string>;
    const bytes = fromBase64url(token ?? '', TOKEN_LENGTH);
    const known = ROLES.find((one) => one === role);
    return user && isUuid(user) && known && name && bytes
      ? { user: { id: user, role: known, name }, token: bytes }
      : undefined;
  } catch {
    return;
  }
};

/** A certificate request by the key itself: proof that it is held. */
const requestBy = async (keys: UsableKeys, user: string, bank: Bank): Promise<Bytes> => {
  const { requestInfo, requestOf } = await import('./x509');
  const key = publicKey(bank.trust.suite, keys.publicKey);
  if (!key) throw new DeviceError('unsupported-suite', 'the key is of another suite than the bank');
  const info = requestInfo(key, user);
  return requestOf(info, key.suite, await keys.sign(X509_CONTEXT, info));
};

const sealDeviceKey = (bank: Bank, keys: UsableKeys, signed: SignedIntent): Promise<string> =>
  keys.withDeviceKey(async (key) =>
    base64url(await sealTo(bank.trust.kem, 'device-key', sha256(signed.intent), key)),
  );

/** The certificates of an answer: of this key, device, person and role, and from the pinned root. */
const acceptCertificates = async (
  bank: Bank,
  profile: Profile,
  answer: Readonly<Record<string, unknown>>,
): Promise<CertificatePath> => {
  const { certificateOfPem, verifyPath } = await import('./x509');
  const { user, keys } = profile;
  const foreign = (what: string) => new AnswerError(`certificate of another ${what}`);
  let holder: ReturnType<typeof certificateOfPem>;
  let issuing: ReturnType<typeof certificateOfPem>;
  try {
    holder = certificateOfPem(String(answer.certificate));
    issuing = certificateOfPem(String(answer.issuing));
    const root = certificateOfPem(String(answer.root));
    if (root.fingerprint !== bank.trust.root.fingerprint) throw foreign('root');
    await verifyPath(holder, issuing, bank.trust.root, new Date(Number(bank.transport.nowMicros() / 1000n)));
  } catch (cause) {
    throw cause instanceof AnswerError ? cause : new AnswerError('certificate', { cause });
  }
  const { claims } = holder;
  if (hex(holder.publicKey.bytes) !== hex(keys.publicKey)) throw foreign('key');
  if (claims?.bank !== bank.trust.bank) throw foreign('bank');
  if (claims.deviceId !== keys.deviceId) throw foreign('device');
  if (claims.userId !== user.id) throw foreign('person');
  if (claims.role !== user.role) throw foreign('role');
  return { holder: holder.der, issuing: issuing.der, root: bank.trust.root.der };
};

/** What becoming somebody goes through, in this order: told when each begins. */
export const ENROL_STEPS = ['keys', 'request', 'certificate', 'session', 'delivery'] as const;
export type EnrolStep = (typeof ENROL_STEPS)[number];
export type Begins = (step: EnrolStep) => void;
const quietly: Begins = () => undefined;

const makeAndEnrol = async (bank: Bank, { user, token }: Registration, tier: Tier, begins: Begins) => {
  begins('keys');
  const pending = await pendingOf(bank, token);
  if (pending) {
    const kek = await unlock(pending.profile.keys);
    begins('certificate');
    return { receipt: await finishEnrolment(bank, pending), kek };
  }
  const { keys, kek } = await newKeys({ tier, userName: user.name, bankName: bank.name });
  await checkStored(bank, keys);
  const work = async (usable: UsableKeys) => {
    begins('request');
    const csr = await requestBy(usable, user.id, bank);
    begins('certificate');
    return enrolWith(bank, { user, keys }, usable, csr, token);
  };
  return { receipt: await withKeys(keys, work, kek), kek };
};

/** Makes keys and has them certified: afterwards `Session.signIn` works. The profile is stored. */
export const enrol = async (bank: Bank, registration: Registration, tier: Tier): Promise<Receipt> =>
  (await makeAndEnrol(bank, registration, tier, quietly)).receipt;

/** The same, and in: signs in and opens the sealed certificate, all under one use of the holder's passkey. */
export const enrolAndEnter = async (
  bank: Bank,
  registration: Registration,
  tier: Tier,
  begins: Begins = quietly,
): Promise<Session> => {
  const { kek } = await makeAndEnrol(bank, registration, tier, begins);
  return enter(bank, kek, begins);
};

/** Signs in, and opens the certificate as the bank seals it to this device: nobody else can. */
const enter = async (bank: Bank, kek: CryptoKey, begins: Begins): Promise<Session> => {
  begins('session');
  const session = await Session.signIn(bank, kek);
  begins('delivery');
  await openCertificate(session, kek);
  return session;
};

/** Refuses keys that this browser would lose, before anybody certifies them. */
const checkStored = async (bank: Bank, keys: StoredKeys): Promise<void> => {
  const name = `probe/${keys.fingerprint}`;
  await bank.store.put(name, keys);
  const back = (await bank.store.get(name)) as StoredKeys | null | undefined;
  await bank.store.delete(name);
  if (back?.fingerprint !== keys.fingerprint) {
    throw new DeviceError('unsupported-browser', 'this browser does not keep keys of this tier');
  }
};

const ENROLLING = 'profile.enrolling';
const TOO_MANY = 429;

/** An enrolment on its way: kept before it is sent, so that a request that did not arrive is sent again as it was. */
interface PendingEnrolment {
  readonly registration: string;
  readonly profile: Profile;
  readonly signed: SignedIntent;
  readonly request: {
    readonly signed: Envelope;
    readonly registration_token: string;
    readonly sealed_device_key: string;
  };
}

const pendingOf = async (bank: Bank, token: Bytes): Promise<PendingEnrolment | undefined> => {
  const kept = (await bank.store.get(ENROLLING)) as PendingEnrolment | undefined;
  return kept?.registration === hex(sha3(token)) ? kept : undefined;
};

const enrolWith = async (
  bank: Bank,
  profile: Profile,
  keys: UsableKeys,
  csr: Bytes,
  token: Bytes,
): Promise<Receipt> => {
  const commitment = await keys.withDeviceKey(async (key) => deviceKeyCommitment(key));
  const registration = hex(sha3(token));
  const prepared = wish('user.enrol', {
    user: profile.user.id,
    csr: base64url(csr),
    device: keys.deviceId,
    device_key_commitment: commitment,
    kem_public_key: base64url(profile.keys.kemPublicKey),
    registration,
  });
  const draft = await bank.draftOf(profile, hex(sha3(csr)), prepared);
  const signed = await bank.signWith(profile, keys, draft);
  const request = {
    signed: envelopeOf(signed),
    registration_token: base64url(token),
    sealed_device_key: await sealDeviceKey(bank, keys, signed),
  };
  const pending: PendingEnrolment = { registration, profile, signed, request };
  await bank.store.put(ENROLLING, pending);
  return finishEnrolment(bank, pending);
};

/** Sends it, again if need be: the very same request has its effect once. A refusal is final, and the keys are dropped. */
const finishEnrolment = async (bank: Bank, pending: PendingEnrolment): Promise<Receipt> => {
  const { profile, signed, request } = pending;
  const send = () => bank.transport.post<Record<string, unknown>>(KINDS['user.enrol'].path, request, 'same');
  const answer = await send().catch(async (error) => {
    const isFinal = error instanceof Problem && error.status < 500 && error.status !== TOO_MANY;
    if (isFinal) await bank.store.delete(ENROLLING);
    throw error;
  });
  const certificates = await acceptCertificates(bank, profile, answer);
  const { receipt } = await settleReceipt(answer.receipt, signed, bank.trust, pathOf(certificates));
  await bank.keepProfile({ ...profile, certificates });
  await bank.store.delete(ENROLLING);
  return receipt;
};

const NEXT = 'profile.next';
const COLLECT = '/api/certificates/collect';
const NOT_FOUND = 404;

/** A rotation on its way: kept before it is sent, so that no answer that is lost loses the key. */
interface PendingRotation {
  readonly of: string;
  readonly successor: StoredKeys;
  readonly signed: SignedIntent;
  readonly request: { readonly signed: Envelope; readonly sealed_device_key: string };
}

const pendingRotation = async (bank: Bank, profile: Profile): Promise<PendingRotation | undefined> => {
  const kept = (await bank.store.get(NEXT)) as PendingRotation | undefined;
  return kept?.of === profile.keys.fingerprint ? kept : undefined;
};

const adopt = async (
  bank: Bank,
  { user }: Profile,
  { successor }: PendingRotation,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const next: Profile = { user, keys: successor };
  const certificates = await acceptCertificates(bank, next, answer);
  await bank.keepProfile({ ...next, certificates });
  await bank.store.delete(NEXT);
};

/**
 * Finishes a rotation whose answer was lost: asks the bank by the signed document, for which it needs no session, as the
 * rotation has ended it. `undefined` where there is none that took effect.
 */
export const resumeRotation = async (bank: Bank): Promise<Receipt | undefined> => {
  const profile = await bank.profile();
  const pending = profile && (await pendingRotation(bank, profile));
  if (!profile?.certificates || !pending) return;
  try {
    const { signed } = pending.request;
    const answer = await bank.transport.post<Record<string, unknown>>(COLLECT, { signed }, 'same');
    const path = pathOf(profile.certificates);
    const { receipt } = await settleReceipt(answer.receipt, pending.signed, bank.trust, path);
    await adopt(bank, profile, pending, answer);
    return receipt;
  } catch (error) {
    // It never arrived: the old key is still the one.
    if (error instanceof Problem && error.status === NOT_FOUND) return;
    if (!(error instanceof Problem) || error.receipt === undefined) throw error;
    // Refused, and for good: the old key is still the one, and the next rotation makes another successor.
    await bank.store.delete(NEXT);
    return;
  }
};

/**
 * Replaces this device's keys: the old key signs the new one. Afterwards the session's certificate is the old one: sign
 * in again. Where the answer was lost, call it again.
 */
export const rotateKeys = async (
  session: Session,
  tier?: Tier,
  begins: Begins = quietly,
): Promise<Receipt> => {
  const { bank } = session;
  begins('keys');
  const resumed = await resumeRotation(bank);
  if (resumed) return resumed;
  const profile = await bank.enrolledProfile();
  const kept = await pendingRotation(bank, profile);
  const pending = kept ?? (await prepareRotation(bank, profile, tier, begins));
  begins('certificate');
  const settled = await session.sendAs(KINDS['key.rotate'].path, pending.signed, pending.request);
  await adopt(bank, profile, pending, settled.extra);
  return settled.receipt;
};

/** The same, and a session with the new certificate, which is opened as at an enrolment. */
export const rotateAndEnter = async (
  session: Session,
  tier?: Tier,
  begins: Begins = quietly,
): Promise<Session> => {
  const { bank } = session;
  await rotateKeys(session, tier, begins);
  const { keys } = await bank.enrolledProfile();
  return enter(bank, await unlock(keys), begins);
};

const prepareRotation = async (
  bank: Bank,
  profile: Profile,
  tier: Tier | undefined,
  begins: Begins,
): Promise<PendingRotation> => {
  const { user, keys } = profile;
  const kek = await unlock(keys);
  const { keys: successor, kek: next } = await successorOf(keys, kek, user.name, bank.name, tier);
  await checkStored(bank, successor);
  const describe = async (usable: UsableKeys) => ({
    csr: await requestBy(usable, user.id, bank),
    commitment: await usable.withDeviceKey(async (key) => deviceKeyCommitment(key)),
  });
  begins('request');
  const { csr, commitment } = await withKeys(successor, describe, next);
  const body = {
    csr: base64url(csr),
    device: successor.deviceId,
    device_key_commitment: commitment,
    kem_public_key: base64url(successor.kemPublicKey),
  };
  const draft = await bank.draft(wish('key.rotate', body));
  const work = async (usable: UsableKeys) => {
    const signed = await bank.signWith(profile, usable, draft);
    const sealed = await sealDeviceKey(bank, usable, signed);
    const request = { signed: envelopeOf(signed), sealed_device_key: sealed };
    return { of: keys.fingerprint, successor, signed, request };
  };
  const pending = await withKeys(keys, work, kek);
  await bank.store.put(NEXT, pending);
  return pending;
};

/** A new device that waits for an enrolled one. Show `text` as a QR code and `matchNumber` beside it. */
export interface NewDevice {
  readonly pairing: Pairing;
  readonly text: string;
  readonly matchNumber: string;
  readonly expiresAt: string;
  /** Whether the other device has signed: `pending`, `approved` or what became of it. */
  status(): Promise<string>;
  /** Once it is approved: gets the certificate. Afterwards `Session.signIn` works. */
  enrol(): Promise<Receipt>;
  /** The same, and in, as `enrolAndEnter`. */
  enter(begins?: Begins): Promise<Session>;
}

/** On the new device: makes keys and asks to be paired with a person whose id was read from the other one. */
export const beginPairing = async (bank: Bank, user: User, name: string, tier: Tier): Promise<NewDevice> => {
  const token = random(TOKEN_LENGTH);
  const { keys, kek } = await newKeys({ tier, userName: user.name, bankName: bank.name });
  await checkStored(bank, keys);
  const csr = await withKeys(keys, (usable) => requestBy(usable, user.id, bank), kek);
  const asked = {
    user: user.id,
    device: keys.deviceId,
    csrSha3: hex(sha3(csr)),
    registration: hex(sha3(token)),
  };
  const answer = await bank.transport.post<Record<string, unknown>>('/api/auth/qr-challenge', {
    user_id: asked.user,
    device_id: asked.device,
    csr_sha3: asked.csrSha3,
    registration: asked.registration,
    name,
  });
  const told = parsePairing(String(answer.payload));
  const pairing: Pairing = { ...asked, id: told.id, bank: bank.trust.bank };
  const text = pairingText(pairing);
  const matchNumber = pairingNumber(pairing);
  if (pairingText(told) !== text || answer.match_number !== matchNumber) throw new AnswerError('pairing');
  const question = { pairing_id: pairing.id, registration_token: base64url(token) };
  return {
    pairing,
    text,
    matchNumber,
    expiresAt: String(answer.expires_at),
    status: async () => {
      const { status } = await bank.transport.post<{ status: string }>('/api/auth/qr-login', question);
      return status;
    },
    enrol: () => withKeys(keys, (usable) => enrolWith(bank, { user, keys }, usable, csr, token)),
    enter: async (begins = quietly) => {
      begins('certificate');
      const unlocked = await unlock(keys);
      await withKeys(keys, (usable) => enrolWith(bank, { user, keys }, usable, csr, token), unlocked);
      return enter(bank, unlocked, begins);
    },
  };
};

const PERSON = 'strongroom-person-1.';

/** Whose device a new one is to be: what a signed-in device shows, for the new one to begin with. Nothing secret. */
export const personText = ({ id, role, name }: User): string =>
  PERSON + base64url(utf8(JSON.stringify({ user: id, role, name })));

/** Reads it, alone or at the end of an address. `undefined` where it is none. */
export const parsePerson = (text: string): User | undefined => {
  const word = text.trim().split('#').at(-1) ?? '';
  const json = word.startsWith(PERSON) ? fromBase64url(word.slice(PERSON.length)) : undefined;
  if (!json) return;
  try {
    const { user, role, name } = JSON.parse(fromUtf8(json)) as Record<string, string>;
    const known = ROLES.find((one) => one === role);
    return user && isUuid(user) && known && name ? { id: user, role: known, name } : undefined;
  } catch {
    return;
  }
};

/** What the bank says of a pairing, for the device that is to approve it. */
export interface PairingView {
  readonly pairing: Pairing;
  /** What both devices must show. */
  readonly matchNumber: string;
  /** Name of the new device, where it comes from, and whatever else the bank tells. */
  readonly view: Readonly<Record<string, unknown>>;
}

/**
 * On the enrolled device: reads the QR code's text, and compares it with what the bank knows. Show `matchNumber`, have
 * it compared, then `session.submit(await session.draft(approvePairing(view)))`.
 */
export const readPairing = async (session: Session, scanned: string): Promise<PairingView> => {
  const pairing = parsePairing(scanned);
  const { bank } = session;
  if (pairing.bank !== bank.trust.bank) throw new AnswerError('a pairing of another bank');
  const view = await session.get<Record<string, unknown>>(`/api/devices/pairings/${pairing.id}`);
  const digests = ['device_id', 'csr_sha3', 'registration'].map((name) => view[name]);
  const theirs = [view.pairing_id, view.user_id, ...digests];
  const ours = [pairing.id, pairing.user, pairing.device, pairing.csrSha3, pairing.registration];
  if (!digests.every((digest) => isDigest(String(digest))) || theirs.some((part, at) => part !== ours[at])) {
    throw new AnswerError('a pairing that the bank knows otherwise');
  }
  return { pairing, matchNumber: pairingNumber(pairing), view };
};

/** The wish that lets the new device enrol. */
export const approvePairing = ({ pairing }: PairingView) =>
  wish('device.approve', {
    device: pairing.device,
    csr_sha3: pairing.csrSha3,
    registration: pairing.registration,
  });

/** This device's certificate with its path and the revocation list, as the bank seals it to the device's KEM key. */
export const downloadCertificate = async (
  session: Session,
  unlocked?: CryptoKey,
): Promise<Readonly<Record<string, string>>> => {
  const { certificates, keys, user } = await session.bank.enrolledProfile();
  const answer = await session.get<{ sealed: string }>(`/api/auth/download-certificate/${user.id}`);
  const sealed = fromBase64url(answer.sealed);
  if (!sealed) throw new AnswerError('sealed');
  const transcript = sha256(sha3(certificates.holder));
  const open = ({ kem }: UsableKeys) => openSealed(kem, 'certificate-bundle', transcript, sealed);
  const opened = await withKeys(keys, open, unlocked);
  return JSON.parse(fromUtf8(opened)) as Readonly<Record<string, string>>;
};

/** The same, and checked: it is this device's certificate, with a path that leads to the pinned root. */
export const openCertificate = async (session: Session, unlocked?: CryptoKey): Promise<CertificatePath> => {
  const { bank } = session;
  const profile = await bank.enrolledProfile();
  const opened = await acceptCertificates(bank, profile, await downloadCertificate(session, unlocked));
  if (hex(opened.holder) !== hex(profile.certificates.holder)) {
    throw new AnswerError('another certificate was delivered');
  }
  return opened;
};
