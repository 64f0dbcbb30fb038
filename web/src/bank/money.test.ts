import { describe, expect, it } from 'vitest';
import { formatMoney, MINOR_MAX, parseAmount } from './money';

const parse = (text: string, scale = 2): bigint | string => {
  const parsed = parseAmount(text, scale, 'EUR');
  return parsed.ok ? parsed.minor : parsed.fault;
};

describe('an amount', () => {
  it.each([
    ['12', 1200n],
    ['12.5', 1250n],
    ['12,50', 1250n],
    ['.5', 50n],
    ['1.234,50', 123450n],
    ['1,234.50', 123450n],
    ['1 234,50', 123450n],
    ['1\u202f234,50', 123450n],
    ["1'234.50", 123450n],
    ['1\u2019234\u2019567.50', 123456750n],
    ['12,34,567.00', 123456700n],
    ['1,234,567', 123456700n],
    ['1.234.567', 123456700n],
    ["1'234", 123400n],
    ['1 234', 123400n],
    ['١٬٢٣٤٫٥٠', 123450n],
    ['۱۲٫۵', 1250n],
    ['٣', 300n],
    ['EUR 12.50', 1250n],
    ['12,50 eur', 1250n],
    ['12.500,00', 1250000n],
    ['0.10', 10n],
    ['0.100', 10n],
    ['92233720368547758.07', MINOR_MAX],
  ])('%s is understood', (text, minor) => expect(parse(text)).toBe(minor));

  it.each([
    ['', 'empty'],
    ['EUR', 'empty'],
    ['-5', 'negative'],
    ['\u22125', 'negative'],
    ['5-', 'not-a-number'],
    ['abc', 'not-a-number'],
    ['1e5', 'not-a-number'],
    ['$5', 'not-a-number'],
    ['.', 'not-a-number'],
    ['12.', 'not-a-number'],
    ['1,234', 'ambiguous'],
    ['1.234', 'ambiguous'],
    ['12.345', 'ambiguous'],
    ['0.125', 'too-precise'],
    ['1,2345', 'too-precise'],
    ['1.234.50', 'bad-grouping'],
    ['1,23,4', 'bad-grouping'],
    ['12 34', 'bad-grouping'],
    ['1,234.567,8', 'bad-grouping'],
    ["1.234'50", 'bad-grouping'],
    ['1 234.5,0', 'bad-grouping'],
    ['92233720368547758.08', 'too-large'],
    ['0', 'zero'],
    ['0,00', 'zero'],
  ])('%s is refused: %s', (text, fault) => expect(parse(text)).toBe(fault));

  it('offers both readings where both are possible', () => {
    expect(parseAmount('1,230', 2)).toEqual({ ok: false, fault: 'ambiguous', readings: [123000n, 123n] });
    expect(parseAmount('1,234', 3)).toEqual({ ok: false, fault: 'ambiguous', readings: [1234000n, 1234n] });
    expect(parseAmount('1,234', 0)).toEqual({ ok: true, minor: 1234n });
    expect(parse('12.5', 0)).toBe('too-precise');
  });

  it('is shown without losing a digit', () => {
    expect(formatMoney('9223372036854775807', 'EUR', { locale: 'en-GB' })).toBe('€92,233,720,368,547,758.07');
    expect(formatMoney(123450n, 'EUR', { locale: 'de-DE' })).toBe('1.234,50\u00a0€');
    expect(formatMoney(-5n, 'EUR', { locale: 'en-GB', display: 'none' })).toBe('-0.05');
    expect(formatMoney(5n, 'JPY', { locale: 'en-GB', display: 'code' })).toBe('JPY\u00a05');
    expect(formatMoney(5n, 'EUR', { locale: 'en-GB', signed: true })).toBe('+€0.05');
    expect(formatMoney(1500n, 'GOLD.X', { locale: 'en-GB', scale: 3 })).toBe('1.500 GOLD.X');
  });
});
