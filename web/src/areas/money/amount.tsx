/** Amounts as people type them. */
import { type ParsedAmount, parseAmount } from '../../bank';
import { money as words } from '../../text/en/money';
import { Field, type FieldError, formatMoney, Input } from '../../ui';

/** Of which asset, and with how many decimals: an account, say. */
export interface Unit {
  readonly asset: string;
  readonly scale: number;
}

/** What was typed, in minor units; `undefined` where nothing was. */
export const readAmount = (typed: string, unit: Unit | undefined): ParsedAmount | undefined =>
  unit && typed.trim() !== '' ? parseAmount(typed, unit.scale, unit.asset) : undefined;

/** Why an amount is not understood; where it has two readings, both are named. */
export function amountFault(parsed: ParsedAmount | undefined, unit: Unit | undefined): string {
  if (!parsed || parsed.ok) return words.faults.empty;
  if (parsed.readings && unit) {
    const [large, small] = parsed.readings.map((minor) => formatMoney(minor, unit.asset, unit.scale));
    return words.readings(large ?? '', small ?? '');
  }
  return words.faults[parsed.fault];
}

/** How much, with what was understood below it. */
export function AmountField({
  label = words.amount,
  typed,
  onType,
  unit,
  error,
  large,
}: {
  label?: string;
  typed: string;
  onType: (typed: string) => void;
  unit: Unit | undefined;
  error: FieldError | undefined;
  large?: boolean;
}) {
  const parsed = readAmount(typed, unit);
  return (
    <Field
      label={label}
      hint={parsed?.ok && unit ? words.reads(formatMoney(parsed.minor, unit.asset, unit.scale)) : words.hint}
      error={error}
    >
      <Input
        figures
        inputMode="decimal"
        value={typed}
        suffix={unit?.asset}
        onChange={(event) => onType(event.target.value)}
        {...(large ? { className: 'text-lg' } : {})}
      />
    </Field>
  );
}
