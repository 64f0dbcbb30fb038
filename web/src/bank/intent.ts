/** The intent: what its holder asks for, in canonical bytes; the details it commits to; the envelope that carries it. */
import { type Bytes, base64url, concat, fromHex, hex, random, u64, utf8, uuid7 } from './bytes';
import { canonicalBytes, checkText, parseCanonical, sanitize, type Value } from './canonical';
import { IntentError } from './errors';
import {
  bytesOf,
  digest,
  intentId,
  isDecimal,
  malformed,
  object,
  objectOf,
  text,
  U64_MAX,
  utc,
  word,
} from './forms';
import { sha3, sha256 } from './hash';
import { type Bodies, isKind, KINDS, type Kind, type Purpose, ROLES, type Role, type Wish } from './kinds';

/** What a document says besides its kind and body. */
export interface Header {
  readonly bank: string;
  /** SHA3-256 of the signer's certificate. */
  readonly certificate: string;
  readonly device: string;
  readonly authority: Role;
  /** UTC with microseconds. */
  readonly at: string;
  /** The key's own counter, from 1. */
  readonly seq: bigint;
  /** SHA3-256 of what the key signed before; zeros for `seq` 1. */
  readonly prev: string;
  /** Chosen by the signer; the same for each repetition of one attempt. */
  readonly id: string;
}

/** A document, taken apart and typed: narrow it by `kind`. */
export type Intent = Header & Wish;

const ZEROS = '0'.repeat(64);
const BANK = /^[a-z0-9-]{1,32}$/;

const HEADER = {
  at: utc,
  authority: word(...ROLES),
  bank: text('1 to 32 of a-z, 0-9 and -', (name) => BANK.test(name)),
  certificate: digest,
  device: digest,
  id: intentId,
  prev: digest,
  seq: text('a decimal number from 1', (value) => isDecimal(value, 1n, U64_MAX)),
};

/** The body of a kind from a value, each member of its form. */
export const readBody = <K extends Kind>(kind: K, value: Value): Bodies[K] => {
  const body = object(KINDS[kind].members).read(value, 'body');
  checkBody({ kind, body } as unknown as Wish);
  return body as unknown as Bodies[K];
};

/** The rules between the members of one body. */
const checkBody = (wish: Wish): void => {
  switch (wish.kind) {
    case 'hold.capture':
    case 'transfer.reverse':
      if ((wish.body.amount === undefined) !== (wish.body.asset === undefined)) {
        const absent = wish.body.amount === undefined ? 'amount' : 'asset';
        throw new IntentError('missing-member', 'member is missing', `body.${absent}`);
      }
      break;
    case 'beneficiary.change':
      if ((wish.body.details === undefined) !== (wish.body.name_match === undefined)) {
        const absent = wish.body.details === undefined ? 'details' : 'name_match';
        throw new IntentError('missing-member', 'member is missing', `body.${absent}`);
      }
      if (wish.body.details !== undefined && wish.body.status === 'deleted') {
        throw malformed('body.details', 'must be absent where the entry is deleted');
      }
      break;
    default:
  }
};

/** The rules between header and body. */
const checkIntent = (intent: Intent): void => {
  if ((intent.seq === 1n) !== (intent.prev === ZEROS)) {
    throw malformed('prev', 'must be 64 zeros for seq 1, and the digest of what came before otherwise');
  }
  if (intent.kind === 'user.enrol') {
    if (intent.body.device !== intent.device) throw malformed('body.device', 'must be the device that signs');
    if (hex(sha3(bytesOf(intent.body.csr, 'body.csr'))) !== intent.certificate) {
      throw new IntentError('certificate-mismatch', 'does not name its request', 'certificate');
    }
  }
  if (intent.kind === 'account.open' && intent.authority === 'customer' && intent.body.kind !== 'liability') {
    throw malformed('body.kind', 'must be liability for a customer');
  }
};

/** Reads canonical bytes: what the review screen shows, and nothing else is shown. */
export const decodeIntent = (bytes: Uint8Array): Intent => {
  const { v, kind, body, ...rest } = objectOf(parseCanonical(bytes), '');
  if (v === undefined) throw new IntentError('missing-member', 'member is missing', 'v');
  if (v !== '1') throw new IntentError('unsupported-version', 'version is not supported', 'v');
  if (kind === undefined) throw new IntentError('missing-member', 'member is missing', 'kind');
  if (typeof kind !== 'string' || !isKind(kind))
    throw new IntentError('unknown-kind', 'unknown kind', 'kind');
  const header = object(HEADER).read(rest, '');
  if (body === undefined) throw new IntentError('missing-member', 'member is missing', 'body');
  const intent = { ...header, seq: BigInt(header.seq), kind, body: readBody(kind, body) } as Intent;
  checkIntent(intent);
  return intent;
};

/** Writes a document, and reads it again: what comes back is what every verifier will read. */
export const encodeIntent = (intent: Intent): Bytes => {
  const { body, seq, ...rest } = intent;
  const present = Object.entries(body).filter(([, member]) => member !== undefined);
  const bytes = canonicalBytes({
    ...rest,
    seq: seq.toString(),
    body: Object.fromEntries(present) as Value,
    v: '1',
  });
  decodeIntent(bytes);
  return bytes;
};

/** SHA3-256 of canonical bytes: what is under "Technical details", and the next intent's `prev`. */
export const intentDigest = (canonical: Uint8Array): string => hex(sha3(canonical));

/** The context under which a bank's purpose is signed. */
export const contextOf = (bank: string, purpose: Purpose): Bytes => {
  if (!/^[!-.0-~]+$/.test(bank)) throw malformed('bank', 'must be printable ASCII without /');
  return utf8(`strongroom/${bank}/${purpose}/v1`);
};

/** A UTC time with microseconds, as documents write it. */
export const utcOf = (micros: bigint): string => {
  const millis = micros / 1000n;
  const rest = (micros % 1000n).toString().padStart(3, '0');
  return `${new Date(Number(millis)).toISOString().slice(0, 23)}${rest}Z`;
};

/** Free text that is sent beside an intent, which signs only its commitment: it can be erased later. */
export interface Details {
  readonly salt: Bytes;
  readonly value: Readonly<Record<string, string>>;
}

const DETAILS_LENGTH_MAX = 16 * 1024;

const checkDetails = (details: Details): void => {
  let length = 0;
  for (const [name, value] of Object.entries(details.value)) {
    checkText(name, `details.value.${name}`);
    checkText(value, `details.value.${name}`);
    length += utf8(name).length + utf8(value).length;
  }
  if (length > DETAILS_LENGTH_MAX) {
    throw new IntentError('too-large', `at most ${DETAILS_LENGTH_MAX} bytes are admitted`, 'details');
  }
};

/** Details with a new salt. */
export const newDetails = (value: Readonly<Record<string, string>>): Details => {
  const details = { salt: random(32), value };
  checkDetails(details);
  return details;
};

/** What a body says instead of the text. */
export const commitmentOf = (details: Details): string => {
  const json = canonicalBytes(details.value);
  return hex(sha256(utf8('strongroom/details/v1'), details.salt, u64(json.length), json));
};

/** Where a body commits to details: the paths and their digests. */
const committed = (wish: Wish): readonly (readonly [path: string, digest: string | undefined])[] => {
  switch (wish.kind) {
    case 'transfer':
    case 'hold.place':
    case 'standing_order.place':
    case 'beneficiary.add':
    case 'beneficiary.change':
      return [['body.details', wish.body.details]];
    case 'transfer.batch':
      return wish.body.items.map((item, at) => [`body.items[${at}].details`, item.details] as const);
    case 'user.invite':
      return [['body.person', wish.body.person]];
    default:
      return [];
  }
};

/** Refuses details that the body does not commit to. */
export const matchDetails = (wish: Wish, details: Details | undefined): void => {
  if (!details) return;
  checkDetails(details);
  const expected = commitmentOf(details);
  const places = committed(wish).filter(([, found]) => found !== undefined);
  const other = places.find(([, found]) => found !== expected);
  if (other) throw new IntentError('details-mismatch', 'details do not open the signed commitment', other[0]);
  if (places.length === 0) {
    throw new IntentError('details-mismatch', 'nothing was committed to', 'details');
  }
};

/** A payment file as it is sent beside `payments.file`. */
export interface SentFile {
  readonly salt: Bytes;
  readonly bytes: Bytes;
}

/** SHA3-256 of the file: what the body names. */
export const fileDigest = (file: SentFile): string => hex(sha3(file.bytes));

/** The details that one item of a file commits to; `position` counts what the file has, from 0. */
export const fileItemDetails = (
  file: SentFile,
  position: number,
  endToEndId: string,
  memo?: string,
): Details => ({
  salt: sha256(utf8('strongroom/payment-file-item/v1'), file.salt, u64(position)),
  value: {
    end_to_end_id: sanitize(endToEndId),
    ...(memo === undefined ? {} : { memo: sanitize(memo) }),
  },
});

/** A signed intent on its way. */
export interface SignedIntent {
  /** Canonical bytes. */
  readonly intent: Bytes;
  readonly suite: string;
  readonly certificate: string;
  readonly signature: Bytes;
  readonly details?: Details | undefined;
  readonly file?: SentFile | undefined;
}

/** The envelope as JSON. */
export interface Envelope {
  readonly certificate: string;
  readonly details?: { readonly salt: string; readonly value: Readonly<Record<string, string>> };
  readonly file?: { readonly bytes: string; readonly salt: string };
  readonly intent: string;
  readonly signature: string;
  readonly suite: string;
}

const detailsJson = (details: Details) => ({ salt: base64url(details.salt), value: details.value });

/** The envelope of a signed intent. */
export const envelopeOf = (signed: SignedIntent): Envelope => ({
  certificate: signed.certificate,
  ...(signed.details ? { details: detailsJson(signed.details) } : {}),
  ...(signed.file
    ? { file: { bytes: base64url(signed.file.bytes), salt: base64url(signed.file.salt) } }
    : {}),
  intent: base64url(signed.intent),
  signature: base64url(signed.signature),
  suite: signed.suite,
});

/** What a dry run sends: the same, unsigned. */
export const unsignedOf = (intent: Bytes, details?: Details): { intent: string; details?: object } => ({
  ...(details ? { details: detailsJson(details) } : {}),
  intent: base64url(intent),
});

/** A wish with the details that it commits to. */
export interface Prepared {
  readonly wish: Wish;
  readonly details?: Details | undefined;
  readonly file?: SentFile | undefined;
}

/** A plain wish: a kind and its body. */
export const wish = <K extends Kind>(kind: K, body: Bodies[K]): Prepared => {
  const read = readBody(kind, JSON.parse(JSON.stringify(body)) as Value);
  return { wish: { kind, body: read } as unknown as Wish };
};

/** Kinds whose free text is kept apart from what is signed, under the member `details`. */
type WithMemo = 'transfer' | 'hold.place' | 'standing_order.place' | 'beneficiary.add' | 'beneficiary.change';

/**
 * A wish with free text: the text goes beside the intent, its commitment into it. For a payment `{ memo }`, for a payee
 * `{ name, memo? }`. Without any text nothing is committed to.
 */
export const wishWithDetails = <K extends WithMemo>(
  kind: K,
  body: Omit<Bodies[K], 'details'>,
  value: Readonly<Record<string, string | undefined>>,
): Prepared => {
  const present = Object.entries(value).filter((entry): entry is [string, string] => Boolean(entry[1]));
  if (present.length === 0) return wish(kind, body as Bodies[K]);
  const details = newDetails(Object.fromEntries(present));
  const whole = { ...body, details: commitmentOf(details) } as unknown as Bodies[K];
  return { ...wish(kind, whole), details };
};

/** One payment of a batch. */
export interface BatchLine {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly asset: string;
  readonly memo?: string | undefined;
}

/** Many payments under one signature; the memos are committed to together, by the ids of the payments. */
export const batchWish = (lines: readonly BatchLine[], atomic: boolean): Prepared => {
  const items = lines.map(({ memo, ...line }) => ({ id: uuid7(), memo, line }));
  const memos = items.filter((item) => item.memo).map((item) => [item.id, item.memo ?? ''] as const);
  const details = memos.length > 0 ? newDetails(Object.fromEntries(memos)) : undefined;
  const commitment = details ? { details: commitmentOf(details) } : {};
  const body = { atomic, items: items.map(({ id, line }) => ({ id, ...line, ...commitment })) };
  return { ...wish('transfer.batch', body), details };
};

/** The invitation of a person: name and e-mail go beside it. */
export const inviteWish = (
  body: Omit<Bodies['user.invite'], 'person'>,
  person: { readonly name: string; readonly email: string },
): Prepared => {
  const details = newDetails({ ...person });
  return { ...wish('user.invite', { ...body, person: commitmentOf(details) }), details };
};

/** Everything that a signature covers: prefix, digests and zeros of the first. */
export const CHAIN_START = { seq: 0n, prev: ZEROS } as const;

/** Where a key's own chain stands. */
export interface Chain {
  readonly seq: bigint;
  readonly prev: string;
}

/** Joins parts behind their lengths under a domain: no two lists give one digest. */
export const transcript = (domain: string, ...parts: readonly Uint8Array[]): Bytes =>
  sha256(concat(utf8(domain), ...parts.flatMap((part) => [lengthOf(part), part])));

const lengthOf = (part: Uint8Array): Bytes => u64(part.length).subarray(4) as Bytes;

/** The bytes of a digest in hex. */
export const digestBytes = (text: string): Bytes => {
  const bytes = fromHex(text, 32);
  if (!bytes) throw malformed('digest', 'must be 64 lower-case hex digits');
  return bytes;
};
