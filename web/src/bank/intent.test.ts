import { describe, expect, it } from 'vitest';
import { accountNowhere, accountNumberOf, parseAccountNumber } from './account-number';
import { fromUtf8, utf8 } from './bytes';
import { canonicalBytes, parseCanonical, sanitize, textFault, type Value } from './canonical';
import { IntentError } from './errors';
import { intents, unhex } from './fixtures.test-util';
import {
  batchWish,
  commitmentOf,
  decodeIntent,
  encodeIntent,
  fileDigest,
  fileItemDetails,
  intentDigest,
  inviteWish,
  matchDetails,
  utcOf,
  wish,
  wishWithDetails,
} from './intent';
import { ALLOWED, KIND_NAMES, KINDS } from './kinds';
import { matchNumber, pairingNumber, pairingText, parsePairing } from './pairing';

const refusal = (run: () => unknown): [string, string | undefined] => {
  try {
    run();
  } catch (error) {
    if (error instanceof IntentError) return [error.code, error.field];
    throw error;
  }
  throw new Error('was accepted');
};

const every = [...intents.intents, ...intents.further, intents.first];
const transfer = intents.intents.find(({ kind }) => kind === 'transfer')?.canonical ?? '';

describe('kinds', () => {
  it('are those of the bank, with number and purpose', () => {
    const ours = KIND_NAMES.map((name) => ({ name, code: KINDS[name].code, purpose: KINDS[name].purpose }));
    expect(ours).toEqual(intents.kinds);
  });

  it('are allowed to the roles that the bank allows them to', () => {
    for (const { name, kinds } of intents.roles) expect(ALLOWED[name as keyof typeof ALLOWED]).toEqual(kinds);
  });
});

describe('an intent', () => {
  it.each(every)('of kind $kind is read and written again to the same bytes', ({ kind, canonical, sha3 }) => {
    const intent = decodeIntent(utf8(canonical));
    expect(intent.kind).toBe(kind);
    expect(fromUtf8(encodeIntent(intent))).toBe(canonical);
    expect(intentDigest(utf8(canonical))).toBe(sha3);
  });

  it.each(every)(
    'of kind $kind is refused without any one of its members, and with one more',
    ({ canonical }) => {
      const document = JSON.parse(canonical) as Record<string, Value> & { body: Record<string, Value> };
      for (const name of Object.keys(document)) {
        const { [name]: _, ...less } = document;
        expect(refusal(() => decodeIntent(canonicalBytes(less)))).toEqual(['missing-member', name]);
      }
      expect(refusal(() => decodeIntent(canonicalBytes({ ...document, x: '1' })))[0]).toBe('unknown-member');
      const more = canonicalBytes({ ...document, body: { ...document.body, zz: '1' } });
      expect(refusal(() => decodeIntent(more))).toEqual(['unknown-member', 'body.zz']);
    },
  );

  it('is refused in every other spelling', () => {
    const cases: [string, string, string][] = [
      ['{"at"', '{ "at"', 'not-canonical'],
      ['"amount":"1250"', '"amount":1250', 'number-in-json'],
      ['"amount":"1250"', '"amount":null', 'null-in-json'],
      ['"amount":"1250"', '"amount":"01250"', 'malformed'],
      ['"amount":"1250"', '"amount":"-1"', 'malformed'],
      ['"amount":"1250"', '"amount":"9223372036854775808"', 'malformed'],
      ['"amount":"1250"', '"amount":"1250","amount":"1250"', 'not-canonical'],
      ['"EUR"', '"eur"', 'malformed'],
      ['"EUR"', '"EU\\u0052"', 'not-canonical'],
      ['"EUR"', '"E\u202eR"', 'text-forbidden'],
      ['"EUR"', '"A\u030a"', 'text-not-normal'],
      ['"v":"1"', '"v":"2"', 'unsupported-version'],
      ['"kind":"transfer"', '"kind":"transfers"', 'unknown-kind'],
      ['"seq":"2"', '"seq":"0"', 'malformed'],
      ['"seq":"2"', '"seq":"1"', 'malformed'],
      ['2026-11-22T', '2026-02-29T', 'malformed'],
    ];
    for (const [from, to, code] of cases) {
      expect(transfer).toContain(from);
      expect(refusal(() => decodeIntent(utf8(transfer.replace(from, to))))[0], to).toBe(code);
    }
    expect(refusal(() => decodeIntent(utf8(`${transfer} `)))[0]).toBe('not-canonical');
    expect(refusal(() => decodeIntent(utf8(transfer.slice(0, -1))))[0]).toBe('malformed');
    expect(refusal(() => parseCanonical(utf8('['.repeat(9) + ']'.repeat(9))))[0]).toBe('too-deep');
  });

  it('is refused by the rules between members', () => {
    const of = (kind: string): string => every.find((one) => one.kind === kind)?.canonical ?? '';
    const cut = of('hold.capture').replace('"asset":"EUR",', '');
    expect(refusal(() => decodeIntent(utf8(cut)))).toEqual(['missing-member', 'body.asset']);
    const deleted = of('beneficiary.change').replace('"status":"active"', '"status":"deleted"');
    expect(refusal(() => decodeIntent(utf8(deleted)))).toEqual(['malformed', 'body.details']);
    const own = of('account.open').replace('"kind":"liability"', '"kind":"asset"');
    expect(refusal(() => decodeIntent(utf8(own)))).toEqual(['malformed', 'body.kind']);
    const enrol = of('user.enrol').replace(/"certificate":"../, '"certificate":"00');
    expect(refusal(() => decodeIntent(utf8(enrol)))[0]).toBe('certificate-mismatch');
    const first = intents.first.canonical.replace('"seq":"1"', '"seq":"2"');
    expect(refusal(() => decodeIntent(utf8(first)))).toEqual(['malformed', 'prev']);
  });
});

describe('texts', () => {
  it('with controls, directions or another normal form may not be signed', () => {
    for (const bad of [
      'a\u0000',
      'a\n',
      '\u007f',
      '\u0085',
      '\u061c',
      '\u200e',
      '\u202a',
      '\u2066',
      '\ud800',
    ]) {
      expect(textFault(bad), JSON.stringify(bad)).toBe('text-forbidden');
      expect(textFault(sanitize(bad))).toBeUndefined();
    }
    expect(textFault('A\u030a')).toBe('text-not-normal');
    expect(sanitize('A\u030a')).toBe('\u00c5');
    expect(textFault('Zürich \u{1f3e6} שלום')).toBeUndefined();
  });

  it('stand in the order of their bytes, not of their UTF-16 units', () => {
    const bytes = canonicalBytes({ '\u{1f3e6}': '1', '\ue000': '2', b: '3', a: '4' });
    expect(fromUtf8(bytes)).toBe('{"a":"4","b":"3","\ue000":"2","\u{1f3e6}":"1"}');
  });
});

describe('details', () => {
  const details = { salt: unhex(intents.details.salt), value: intents.details.value };

  it('have the commitment that the bank computes', () => {
    expect(commitmentOf(details)).toBe(intents.details.commitment);
    const file = { salt: unhex(intents.file.salt), bytes: unhex(intents.file.bytes) };
    expect(fileDigest(file)).toBe(intents.file.digest);
    const item = fileItemDetails(file, 3, 'E2E-1', 'May \u202e rent');
    expect(item.value).toEqual(intents.file.item_3.value);
    expect(commitmentOf(item)).toBe(intents.file.item_3.commitment);
  });

  it('must open what was signed', () => {
    const a = '019aa000-0000-7000-8000-000000000001';
    const money = { amount: '1', asset: 'EUR' };
    const made = wishWithDetails('transfer', { debit: a, credit: a, ...money }, { memo: 'rent' });
    matchDetails(made.wish, made.details);
    expect(refusal(() => matchDetails(made.wish, details))).toEqual(['details-mismatch', 'body.details']);
    const bare = wishWithDetails('transfer', { debit: a, credit: a, ...money }, { memo: undefined });
    expect(bare.details).toBeUndefined();
    expect(refusal(() => matchDetails(bare.wish, details))).toEqual(['details-mismatch', 'details']);
    const batch = batchWish(
      [
        { debit: a, credit: a, ...money, memo: 'one' },
        { debit: a, credit: a, ...money },
      ],
      true,
    );
    matchDetails(batch.wish, batch.details);
    const digest = '0'.repeat(64);
    const invited = inviteWish(
      { user: a, role: 'manager', registration: digest },
      { name: 'Bob', email: 'b@example.org' },
    );
    matchDetails(invited.wish, invited.details);
    expect(refusal(() => wish('account.close', { account: 'x' }))).toEqual(['malformed', 'body.account']);
  });
});

describe('pairing and numbers', () => {
  it('are those of the other side', () => {
    const pairing = parsePairing(` ${intents.pairing.text}\n`);
    expect(pairingText(pairing)).toBe(intents.pairing.text);
    expect(pairingNumber(pairing)).toBe(intents.pairing.number);
    for (const [text = '', number] of intents.numbers) expect(matchNumber(text)).toBe(number);
    for (const bad of ['', 'x', `${intents.pairing.text}.x`, intents.pairing.text.replace('-1.', '-2.')]) {
      expect(() => parsePairing(bad)).toThrow(IntentError);
    }
  });

  it('of accounts are computed, and a slip of the finger is refused', () => {
    for (const [account = '', number = ''] of intents.account_numbers) {
      expect(accountNumberOf(account)).toBe(number);
      expect(parseAccountNumber(number.toLowerCase().replace(/(.{4})/g, '$1 '))).toBe(number);
      const slip = `${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`;
      expect(parseAccountNumber(slip)).toBeUndefined();
    }
    const [number = '', nowhere] = intents.account_nowhere;
    expect(accountNowhere(number)).toBe(nowhere);
  });
});

it('writes times with microseconds', () => {
  expect(utcOf(1_795_309_323_000_456n)).toBe('2026-11-22T01:02:03.000456Z');
});
