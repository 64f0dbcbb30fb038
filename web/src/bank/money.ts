/**
 * Money in minor units as `bigint`, and how people write it. What they write is understood or refused with a reason;
 * it is never guessed: `1,234` in euros may be a thousand or a little more than one, so it is asked.
 */

const SCALE_0 = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF';
const SCALE_3 = 'BHD IQD JOD KWD LYD OMR TND';
const SCALE_2 =
  'AED ALL AMD ARS AUD AZN BAM BDT BGN BOB BRL BWP CAD CHF CNY COP CRC CZK DKK DOP DZD EGP ETB EUR GBP GEL GHS GTQ HKD HNL ' +
  'HUF IDR ILS INR JMD KES KZT LKR MAD MDL MKD MUR MXN MYR NAD NGN NOK NZD PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TRY ' +
  'TTD TWD TZS UAH USD UYU UZS ZAR ZMW';

const SCALES = new Map<string, number>(
  (
    [
      [0, SCALE_0],
      [2, SCALE_2],
      [3, SCALE_3],
    ] as const
  ).flatMap(([scale, codes]) => codes.split(' ').map((code) => [code, scale] as const)),
);

/** Digits behind the point of an ISO 4217 currency that the bank keeps; `undefined` for another asset. */
export const scaleOf = (asset: string): number | undefined => SCALES.get(asset);

/** Largest amount: what the ledger holds. */
export const MINOR_MAX = 9_223_372_036_854_775_807n;

/** Why a text is no amount. */
export type AmountFault =
  | 'empty'
  /** Something that is neither a digit nor a separator. */
  | 'not-a-number'
  /** Below zero: amounts have no sign. */
  | 'negative'
  /** Groups that no country writes, such as `12,34,5`. */
  | 'bad-grouping'
  /** More digits behind the separator than the asset has. */
  | 'too-precise'
  /** One separator before exactly three digits: both readings are given. */
  | 'ambiguous'
  | 'too-large'
  | 'zero';

/** What became of a text. `readings` are there where it is ambiguous: ask which one is meant. */
export type ParsedAmount =
  | { readonly ok: true; readonly minor: bigint }
  | { readonly ok: false; readonly fault: AmountFault; readonly readings?: readonly [bigint, bigint] };

/** The first digits of the sets that people type in: ASCII, Arabic-Indic, Persian, Devanagari, Bengali, fullwidth. */
const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xff10];

const asciiDigits = (text: string): string =>
  text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    const zero = ZEROS.find((first) => code >= first && code <= first + 9);
    return zero === undefined ? digit : String(code - zero);
  });

const SPACES = /[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]/gu;

/** Unifies what separates: spaces to one, apostrophes to one, the Arabic separators to those that they stand for. */
const tidy = (text: string): string =>
  asciiDigits(text.trim())
    .replace(SPACES, ' ')
    .replace(/[\u2019\u02bc\u2018`\u00b4]/gu, "'")
    .replace(/\u066c/gu, "'")
    .replace(/\u066b/gu, ';')
    .replace(/[\uff0c]/gu, ',')
    .replace(/[\uff0e]/gu, '.');

const fault = (reason: AmountFault): ParsedAmount => ({ ok: false, fault: reason });

const value = (whole: string, fraction: string, scale: number): ParsedAmount => {
  if (fraction.replace(/0+$/, '').length > scale) return fault('too-precise');
  const minor = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (minor > MINOR_MAX) return fault('too-large');
  return minor === 0n ? fault('zero') : { ok: true, minor };
};

/** Whether groups are of threes, or of twos before a last one of three as in India. */
const isGrouped = (whole: string, separator: string): boolean => {
  const groups = whole.split(separator);
  const [first = '', ...rest] = groups;
  const last = rest.at(-1);
  const between = rest.slice(0, -1);
  if (last?.length !== 3 || first === '' || first.length > 3) return false;
  const western = between.every((group) => group.length === 3);
  const indian = first.length <= 2 && between.length > 0 && between.every((group) => group.length === 2);
  return western || indian;
};

const plain = (text: string): boolean => /^[0-9]+$/.test(text);

/**
 * Reads an amount in any notation: `1.234,50`, `1,234.50`, `1 234,50`, `1'234.50`, `12,34,567.00`, `١٬٢٣٤٫٥٠`.
 * `scale` is how many digits the asset has behind the point. An asset code before or behind it is taken away first.
 */
export const parseAmount = (typed: string, scale: number, assetCode?: string): ParsedAmount => {
  let text = tidy(typed);
  if (assetCode) {
    const upper = text.toUpperCase();
    if (upper.startsWith(assetCode)) text = text.slice(assetCode.length).trim();
    else if (upper.endsWith(assetCode)) text = text.slice(0, -assetCode.length).trim();
  }
  if (text === '') return fault('empty');
  if (/^[-\u2212(]/u.test(text)) return fault('negative');
  if (!/^[0-9.,;' ]+$/.test(text) || !/[0-9]/.test(text)) return fault('not-a-number');
  const used = [...new Set(text.replace(/[0-9]/g, ''))];
  if (used.length === 0) return value(text, '', scale);
  const lastSeparator = /[.,;' ](?=[0-9]*$)/.exec(text)?.[0] ?? '';
  const count = text.split(lastSeparator).length - 1;
  if (used.length > 2) return fault('bad-grouping');
  if (used.length === 2) {
    // Two sorts: the last one, once, is the point, and the other one groups.
    if (count !== 1 || lastSeparator === "'" || lastSeparator === ' ') return fault('bad-grouping');
    const group = used.find((separator) => separator !== lastSeparator) ?? '';
    const [whole = '', fraction = ''] = text.split(lastSeparator);
    if (group === ';' || !isGrouped(whole, group)) return fault('bad-grouping');
    return fraction === '' ? fault('not-a-number') : value(whole.replaceAll(group, ''), fraction, scale);
  }
  const grouped = isGrouped(text, lastSeparator);
  if (lastSeparator === "'" || lastSeparator === ' ' || count > 1) {
    if (lastSeparator === ';' || !grouped) return fault('bad-grouping');
    return value(text.replaceAll(lastSeparator, ''), '', scale);
  }
  const [whole = '', fraction = ''] = text.split(lastSeparator);
  if (!plain(fraction) || (whole !== '' && !plain(whole))) return fault('not-a-number');
  if (lastSeparator !== ';' && fraction.length === 3 && grouped && !/^0/.test(whole)) {
    const large = value(whole + fraction, '', scale);
    const small = value(whole, fraction, scale);
    if (scale === 0) return large;
    const readings = large.ok && small.ok ? ([large.minor, small.minor] as const) : undefined;
    return { ok: false, fault: 'ambiguous', ...(readings ? { readings } : {}) };
  }
  return value(whole === '' ? '0' : whole, fraction, scale);
};

/** Minor units as a plain decimal with a point: what `Intl` formats without losing a digit. */
export const decimalOf = (minor: bigint, scale: number): `${number}` => {
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return `${sign}${text}` as `${number}`;
};

/** How an amount is shown. */
export interface MoneyFormat {
  /** BCP 47; the browser's where absent. */
  readonly locale?: string | undefined;
  /** Digits behind the point of an asset that is no ISO currency. */
  readonly scale?: number | undefined;
  /** `code` writes `EUR 12.50`, `symbol` `€12.50`, `none` `12.50`. */
  readonly display?: 'code' | 'symbol' | 'none' | undefined;
  /** Shows `+` too. */
  readonly signed?: boolean | undefined;
}

const formatters = new Map<string, Intl.NumberFormat>();

const formatter = (asset: string, scale: number, format: MoneyFormat): Intl.NumberFormat => {
  const { locale, display = 'symbol', signed = false } = format;
  const key = [locale, asset, scale, display, signed].join(' ');
  const known = formatters.get(key);
  if (known) return known;
  const isCurrency = display !== 'none' && /^[A-Z]{3}$/.test(asset);
  const made = new Intl.NumberFormat(locale, {
    minimumFractionDigits: scale,
    maximumFractionDigits: scale,
    ...(signed ? { signDisplay: 'exceptZero' } : {}),
    ...(isCurrency
      ? { style: 'currency', currency: asset, currencyDisplay: display === 'code' ? 'code' : 'narrowSymbol' }
      : {}),
  });
  formatters.set(key, made);
  return made;
};

/** Minor units (a `bigint`, or the string of the bank's answers) as people read them; every digit is exact. */
export const formatMoney = (minor: bigint | string, asset: string, format: MoneyFormat = {}): string => {
  const scale = format.scale ?? scaleOf(asset) ?? 0;
  const text = formatter(asset, scale, format).format(decimalOf(BigInt(minor), scale));
  const isBare = format.display !== 'none' && !/^[A-Z]{3}$/.test(asset);
  return isBare ? `${text} ${asset}` : text;
};
