/** The forms that members of documents have, and the taking apart of an object: nothing missing, nothing left over. */
import { type Bytes, fromBase64url, fromHex } from './bytes';
import type { Value } from './canonical';
import { IntentError } from './errors';

/** How a member is read: the typed value, or a refusal that names the member. */
export interface Form<T> {
  readonly read: (value: Value, field: string) => T;
  readonly optional?: boolean;
}

/** A form whose member may be absent. */
export interface OptionalForm<T> extends Form<T> {
  readonly optional: true;
}

export const malformed = (field: string, why: string): IntentError =>
  new IntentError('malformed', why, field);

/** A string that `admits` admits; `form` says what it must be. */
export const text = <T extends string = string>(
  form: string,
  admits: (text: string) => boolean,
): Form<T> => ({
  read: (value, field) => {
    if (typeof value !== 'string') throw malformed(field, 'must be a string');
    if (!admits(value)) throw malformed(field, `must be ${form}`);
    return value as T;
  },
});

/** The member may be left out. */
export const optional = <T>(form: Form<T>): OptionalForm<T> => ({ ...form, optional: true });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isUuid = (value: string): boolean => UUID.test(value);
export const isIntentId = (value: string): boolean => UUID_7.test(value);
export const isDigest = (value: string): boolean => fromHex(value, 32) !== undefined;

/** A decimal number without sign and leading zeroes, from `from` to `to`. */
export const isDecimal = (value: string, from: bigint, to: bigint): boolean =>
  /^(?:0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) >= from && BigInt(value) <= to;

/** A UTC time with microseconds: `2026-11-22T01:02:03.000000Z`. */
export const isUtc = (value: string): boolean => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value) || value.startsWith('0000')) return false;
  const millis = `${value.slice(0, 23)}Z`;
  const at = new Date(millis);
  return !Number.isNaN(at.getTime()) && at.toISOString() === millis;
};

/** A day: `2026-11-30`. */
export const isDay = (value: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(value) && (value.startsWith('0000') || isUtc(`${value}T00:00:00.000000Z`));

const I64_MAX = 9_223_372_036_854_775_807n;
export const U64_MAX = 18_446_744_073_709_551_615n;

export const isAsset = (value: string): boolean => /^[A-Z](?:[A-Z0-9.]{0,10}[A-Z0-9])?$/.test(value);
export const isMinor = (value: string): boolean => isDecimal(value, 0n, I64_MAX);

const isRate = (value: string): boolean => {
  const match = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{0,7}[1-9]))?$/.exec(value);
  return match !== null && !/^[0.]*$/.test(value);
};

const plain = (chars: number): ((value: string) => boolean) => {
  const form = new RegExp(`^[a-z0-9_]{1,${chars}}$`);
  return (value) => form.test(value);
};

export const uuid = text('a lower-case UUID', isUuid);
/** An id that its holder chooses: those of version 8 the bank makes. */
export const ownId = text(
  'a lower-case UUID of another version than 8',
  (id) => isUuid(id) && id[14] !== '8',
);
export const intentId = text('a UUID of version 7', isIntentId);
export const digest = text('64 lower-case hex digits', isDigest);
export const asset = text('an asset code', isAsset);
export const minor = text('a whole number of minor units', isMinor);
export const rate = text('a decimal above zero with at most 8 places', isRate);
export const utc = text('a UTC time with microseconds', isUtc);
export const day = text('a day like 2026-11-30', isDay);
export const plainName = text('1 to 40 lower-case letters, digits and _', plain(40));
export const decimal = (form: string, from: bigint, to: bigint): Form<string> =>
  text(form, (value) => isDecimal(value, from, to));

/** A text of 1 to `max` characters. */
export const phrase = (max: number): Form<string> =>
  text(`1 to ${max} characters`, (value) => {
    const length = [...value].length;
    return length >= 1 && length <= max;
  });

/** One of some words. */
export const word = <const W extends readonly string[]>(...words: W): Form<W[number]> =>
  text<W[number]>(`one of ${words.join(', ')}`, (value) => words.includes(value));

/** Bytes in base64url, 1 to `max` of them. */
export const binary = (max: number): Form<string> =>
  text(`1 to ${max} bytes in base64url`, (value) => {
    const bytes = fromBase64url(value);
    return bytes !== undefined && bytes.length >= 1 && bytes.length <= max;
  });

export const flag: Form<boolean> = {
  read: (value, field) => {
    if (typeof value !== 'boolean') throw malformed(field, 'must be true or false');
    return value;
  },
};

/** Strings in ascending order without repetition, so that one set has one spelling. */
export const names = (max: number): Form<readonly string[]> => ({
  read: (value, field) => {
    if (!Array.isArray(value)) throw malformed(field, 'must be an array');
    const list = value.map((item, at) => {
      if (typeof item !== 'string') throw malformed(`${field}[${at}]`, 'must be a string');
      return item;
    });
    const inOrder = list.every((item, at) => at === 0 || (list[at - 1] ?? '') < item);
    if (list.length > max || !inOrder) throw malformed(field, `must be at most ${max} names in order`);
    return list;
  },
});

/** Any strings, in the order in which they stand. */
export const strings: Form<readonly string[]> = {
  read: (value, field) => {
    if (!Array.isArray(value)) throw malformed(field, 'must be an array');
    return value.map((item, at) => {
      if (typeof item !== 'string') throw malformed(`${field}[${at}]`, 'must be a string');
      return item;
    });
  },
};

/** An object of strings. */
export const texts: Form<Readonly<Record<string, string>>> = {
  read: (value, field) => {
    const members = objectOf(value, field);
    for (const [name, inner] of Object.entries(members)) {
      if (typeof inner !== 'string') throw malformed(`${field}.${name}`, 'must be a string');
    }
    return members as Readonly<Record<string, string>>;
  },
};

export type Members = Readonly<Record<string, Form<unknown>>>;
type Optional<M extends Members> = {
  [N in keyof M]: M[N] extends OptionalForm<unknown> ? N : never;
}[keyof M];
type ReadBy<F> = F extends Form<infer T> ? T : never;

/** What an object of these members reads as. */
export type ObjectOf<M extends Members> = {
  readonly [N in Exclude<keyof M, Optional<M>>]: ReadBy<M[N]>;
} & { readonly [N in Optional<M>]?: ReadBy<M[N]> | undefined };

/** The value as an object. */
export const objectOf = (value: Value | undefined, field: string): { readonly [name: string]: Value } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(field, 'must be an object');
  return value as { readonly [name: string]: Value };
};

/** Reads an object: each member of its form, nothing missing, nothing left over. */
export const object = <const M extends Members>(members: M): Form<ObjectOf<M>> => ({
  read: (value, field) => {
    const from = objectOf(value, field);
    const at = (name: string): string => (field ? `${field}.${name}` : name);
    const out: Record<string, unknown> = {};
    for (const [name, form] of Object.entries(members)) {
      const inner = Object.hasOwn(from, name) ? from[name] : undefined;
      if (inner !== undefined) out[name] = form.read(inner, at(name));
      else if (!form.optional) throw new IntentError('missing-member', 'member is missing', at(name));
    }
    const surplus = Object.keys(from).find((name) => !Object.hasOwn(members, name));
    if (surplus !== undefined) throw new IntentError('unknown-member', 'member is unknown', at(surplus));
    return out as ObjectOf<M>;
  },
});

/** Items of one form, `from` to `to` of them. */
export const list = <T>(item: Form<T>, from: number, to: number): Form<readonly T[]> => ({
  read: (value, field) => {
    if (!Array.isArray(value)) throw malformed(field, 'must be an array');
    if (value.length < from || value.length > to) throw malformed(field, `must have ${from} to ${to} items`);
    return value.map((inner, at) => item.read(inner, `${field}[${at}]`));
  },
});

/** Bytes that a member must be in base64url. */
export const bytesOf = (value: string, field: string, length?: number): Bytes => {
  const bytes = fromBase64url(value, length);
  if (!bytes)
    throw malformed(
      field,
      length ? `must be ${length} bytes in base64url` : 'must be base64url without padding',
    );
  return bytes;
};
