/**
 * The JSON profile in which everything signed is written: strings, booleans, arrays and objects only, members in the
 * order of their names' bytes, no whitespace, texts in Unicode form NFC without control characters. One value has one
 * spelling, and bytes that are not the spelling of what they say are refused.
 */
import { type Bytes, equal, fromUtf8, utf8 } from './bytes';
import { IntentError } from './errors';

/** A value of the profile. */
export type Value = string | boolean | readonly Value[] | { readonly [name: string]: Value };

/** Deepest nesting. */
export const DEPTH_MAX = 8;
/** Longest document in bytes. */
export const LENGTH_MAX = 1024 * 1024;

// Controls, what turns the direction of a text (U+061C, U+200E-F, U+202A-E, U+2066-9), and halves of characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/u;
const FORBIDDEN_EACH = new RegExp(FORBIDDEN, 'gu');

/** Why a text may not be signed, if it may not. */
export const textFault = (text: string): 'text-forbidden' | 'text-not-normal' | undefined => {
  if (FORBIDDEN.test(text)) return 'text-forbidden';
  return text.normalize('NFC') === text ? undefined : 'text-not-normal';
};

/** The text as it may be signed: in NFC, with the replacement character for what is forbidden. */
export const sanitize = (text: string): string => text.normalize('NFC').replace(FORBIDDEN_EACH, '\ufffd');

/** Refuses a text that may not be signed. */
export const checkText = (text: string, field: string): void => {
  const fault = textFault(text);
  if (fault) {
    const why =
      fault === 'text-forbidden' ? 'text contains a forbidden character' : 'text is not in Unicode form NFC';
    throw new IntentError(fault, why, field);
  }
};

/** Order of UTF-8 bytes, which is that of code points and not that of JavaScript. */
const byBytes = (one: string, other: string): number => {
  const left = utf8(one);
  const right = utf8(other);
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

const write = (value: Value): string => {
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(write).join(',')}]`;
  const members = Object.entries(value as { readonly [name: string]: Value });
  members.sort(([one], [other]) => byBytes(one, other));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join(',')}}`;
};

/** The one text of a value. */
export const canonicalText = (value: Value): string => write(value);

/** The one spelling of a value. */
export const canonicalBytes = (value: Value): Bytes => utf8(write(value));

const member = (path: string, name: string): string =>
  path ? `${path}.${name.slice(0, 64)}` : name.slice(0, 64);

const admit = (value: unknown, path: string, level: number, texts: boolean): Value => {
  if (typeof value === 'string') {
    if (texts) checkText(value, path);
    return value;
  }
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    throw new IntentError('number-in-json', 'JSON numbers are not admitted, write a string', path);
  }
  if (value === null)
    throw new IntentError('null-in-json', 'null is not admitted, leave the member out', path);
  if (level >= DEPTH_MAX) throw new IntentError('too-deep', `nested deeper than ${DEPTH_MAX} levels`, path);
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) admit(item, `${path}[${at}]`, level + 1, texts);
  } else {
    for (const [name, inner] of Object.entries(value as object)) {
      if (texts) checkText(name, path);
      admit(inner, member(path, name), level + 1, texts);
    }
  }
  return value as Value;
};

/** Takes a value that `JSON.parse` made, where it is of the profile; texts as they come if `texts` is not asked for. */
export const admitValue = (value: unknown, texts = true): Value => admit(value, '', 0, texts);

/** Reads canonical bytes; refuses every other spelling. */
export const parseCanonical = (bytes: Uint8Array): Value => {
  if (bytes.length > LENGTH_MAX) {
    throw new IntentError(
      'too-large',
      `document is ${bytes.length} bytes, at most ${LENGTH_MAX} are admitted`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(fromUtf8(bytes));
  } catch (error) {
    throw new IntentError('malformed', error instanceof Error ? error.message : 'is not JSON');
  }
  const value = admitValue(parsed);
  if (!equal(canonicalBytes(value), bytes)) {
    throw new IntentError('not-canonical', 'document is not in canonical form');
  }
  return value;
};
