import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { Faults, fieldError } from '../../app/problem';
import { useSignedIn } from '../../app/session';
import { wish } from '../../bank';
import { money } from '../../text/en/money';
import { Field, Money, Textarea, Timestamp } from '../../ui';
import { SignDialog } from '../signing/dialog';
import { AccountOf } from '../signing/rows';
import type { Unit } from './amount';
import { PartFields, partBody, WHOLE } from './part';

const words = money.reverse;
const REASON_MAX = 140;

/** Gives a payment back, or a part of it: by its payee, or by a manager where the bank itself paid. */
export function Reverse({
  transfer,
  unit,
  onClose,
}: {
  transfer: Schemas['TransferView'];
  unit: Unit;
  onClose: () => void;
}) {
  const isStaff = useSignedIn().role !== 'customer';
  const [part, setPart] = useState(WHOLE);
  const [reason, setReason] = useState('');
  const prepare = () => {
    const text = reason.trim();
    const body = partBody(part, unit, transfer.amount);
    if (text === '') throw new Faults({ reason: words.reasonMissing });
    return wish('transfer.reverse', { transfer: transfer.id, reason: text, ...body });
  };
  return (
    <SignDialog
      title={isStaff ? words.staffTitle : words.title}
      about={words.about}
      danger
      action={isStaff ? words.staffSign : words.sign}
      prepare={prepare}
      also={() => [
        [words.paid, <Money key="paid" minor={transfer.amount} asset={unit.asset} scale={unit.scale} />],
        [words.at, <Timestamp key="at" at={transfer.at} precision="second" />],
        [words.from, <AccountOf key="from" id={transfer.debit} />],
        [words.to, <AccountOf key="to" id={transfer.credit} />],
      ]}
      form={(problem) => (
        <>
          <PartFields part={part} set={setPart} unit={unit} most={transfer.amount} problem={problem} />
          <Field label={words.reason} hint={words.reasonHint} error={fieldError(problem, 'reason')} required>
            <Textarea
              rows={2}
              maxLength={REASON_MAX}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
        </>
      )}
      done={() => words.done}
      onClose={onClose}
    />
  );
}
