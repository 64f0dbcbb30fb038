/** Account numbers: `SR`, two check digits (ISO 7064 MOD 97-10) and eighteen digits. */
import { hex, utf8, uuidBytes, uuidOf } from './bytes';
import { sha256 } from './hash';

const SERIALS = 1_000_000_000_000_000_000n;
/** S and R as ISO 13616 counts letters. */
const COUNTRY = 2827n;

const write = (serial: bigint): string => {
  const check = 98n - ((serial * 1_000_000n + COUNTRY * 100n) % 97n);
  return `SR${check.toString().padStart(2, '0')}${serial.toString().padStart(18, '0')}`;
};

/** The number of an account. */
export const accountNumberOf = (account: string): string =>
  write(BigInt(`0x${hex(uuidBytes(account))}`) % SERIALS);

/** Reads a number as people write it, with or without spaces; `undefined` where a digit is wrong. */
export const parseAccountNumber = (text: string): string | undefined => {
  const number = text.replace(/\s/g, '').toUpperCase();
  const serial = /^SR[0-9]{2}([0-9]{18})$/.exec(number)?.[1];
  return serial !== undefined && write(BigInt(serial)) === number ? number : undefined;
};

/** In groups of four, for people. */
export const groupedNumber = (number: string): string => number.replace(/(.{4})(?=.)/g, '$1 ');

/** The account that stands for a number which names none: a payment file pays it, and the bank refuses that item. */
export const accountNowhere = (number: string): string => {
  const bytes = sha256(utf8(`strongroom/account-nowhere/v1${number}`)).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidOf(bytes);
};
