/** Bytes and their spellings. Every spelling has exactly one reading: what is read and written again is the same. */
import { bytesToHex } from '@noble/hashes/utils.js';

/** Bytes of their own buffer, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of a text. */
export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes;

/** The text of UTF-8; throws where it is none. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A copy with a buffer of its own. */
export const own = (bytes: ArrayBuffer | Uint8Array): Bytes => {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const copy = new Uint8Array(view.length);
  copy.set(view);
  return copy;
};

/** All parts, one behind the other. */
export const concat = (...parts: readonly Uint8Array[]): Bytes => {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

/** Whether two public values are the same. (Not for secrets: it stops at the first difference.) */
export const equal = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Lower-case hex. */
export const hex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** Reads lower-case hex; `undefined` where it is none, or of another length than asked for. */
export const fromHex = (text: string, length?: number): Bytes | undefined => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text) || (length !== undefined && text.length !== length * 2)) return;
  const out = new Uint8Array(text.length / 2);
  for (let at = 0; at < out.length; at += 1) out[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return out;
};

/** Standard Base 64 with padding. */
export const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
};

/** Reads standard Base 64 with padding; `undefined` for every other spelling. */
export const fromBase64 = (text: string): Bytes | undefined => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return;
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let at = 0; at < out.length; at += 1) out[at] = binary.charCodeAt(at);
  return base64(out) === text ? out : undefined;
};

/** Base 64 for addresses, without padding: how every document of the bank writes bytes. */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Reads [`base64url`]; `undefined` for every other spelling. */
export const fromBase64url = (text: string, length?: number): Bytes | undefined => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return;
  const padded = text.replaceAll('-', '+').replaceAll('_', '/') + '==='.slice((text.length + 3) % 4);
  const bytes = fromBase64(padded);
  return bytes && (length === undefined || bytes.length === length) ? bytes : undefined;
};

/** Four bytes, big endian. */
export const u32 = (value: number): Bytes => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
};

/** Eight bytes, big endian. */
export const u64 = (value: number | bigint): Bytes => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
};

/** Random bytes of the platform. */
export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** The sixteen bytes of a UUID. */
export const uuidBytes = (id: string): Bytes => {
  const bytes = fromHex(id.replaceAll('-', ''), 16);
  if (!bytes) throw new TypeError('not a UUID');
  return bytes;
};

/** A UUID of sixteen bytes. */
export const uuidOf = (bytes: Uint8Array): string => {
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
};

/** A new UUID of version 7 (RFC 9562): the identity of an intent, a transfer, an account. */
export const uuid7 = (nowMs: number = Date.now()): string => {
  const bytes = random(16);
  bytes.set(u64(nowMs).subarray(2), 0);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidOf(bytes);
};
