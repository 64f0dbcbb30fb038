/** All of something, or a part of it. */
import { Faults, fieldError } from '../../app/problem';
import { money as words } from '../../text/en/money';
import { formatMoney, RadioCards } from '../../ui';
import { AmountField, amountFault, readAmount, type Unit } from './amount';

export interface Part {
  how: 'whole' | 'part';
  amount: string;
}

export const WHOLE: Part = { how: 'whole', amount: '' };

export function PartFields({
  part,
  set,
  unit,
  most,
  problem,
}: {
  part: Part;
  set: (part: Part) => void;
  unit: Unit;
  /** In minor units. */
  most: string;
  problem: unknown;
}) {
  return (
    <>
      <RadioCards
        name="part"
        legend={words.howMuch}
        value={part.how}
        onChange={(how) => set({ ...part, how })}
        options={[
          { value: 'whole', label: words.wholeOf(formatMoney(most, unit.asset, unit.scale)) },
          { value: 'part', label: words.part },
        ]}
      />
      {part.how === 'part' && (
        <AmountField
          typed={part.amount}
          onType={(amount) => set({ ...part, amount })}
          unit={unit}
          error={fieldError(problem, 'amount')}
        />
      )}
    </>
  );
}

/** The members that a document has for a part, none for all of it; throws what is to be put right. */
export function partBody(part: Part, unit: Unit, most: string): { amount?: string; asset?: string } {
  if (part.how === 'whole') return {};
  const parsed = readAmount(part.amount, unit);
  if (!parsed?.ok) throw new Faults({ amount: amountFault(parsed, unit) });
  if (parsed.minor > BigInt(most)) {
    throw new Faults({ amount: words.tooMuch(formatMoney(most, unit.asset, unit.scale)) });
  }
  return { amount: parsed.minor.toString(), asset: unit.asset };
}
