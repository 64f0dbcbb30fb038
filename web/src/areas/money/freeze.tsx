import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { Faults, fieldError } from '../../app/problem';
import { groupedNumber, wish } from '../../bank';
import { money } from '../../text/en/money';
import { Checkbox, Field, Textarea } from '../../ui';
import { SignDialog } from '../signing/dialog';

const words = money.freeze;
const REASON_MAX = 140;

interface Props {
  account: Schemas['AccountView'];
  /** Staff also take off what stops an account; its owner only puts on. */
  mayLift: boolean;
  onClose: () => void;
}

/** Stops what leaves an account, or comes in. */
export function FreezeDialog({ account, mayLift, onClose }: Props) {
  const { freeze_debit: wasDebit, freeze_credit: wasCredit } = account;
  // Whoever stops their own account in a hurry means what leaves it.
  const [debit, setDebit] = useState(wasDebit || !mayLift);
  const [credit, setCredit] = useState(wasCredit);
  const [reason, setReason] = useState('');
  const prepare = () => {
    const why = reason.trim();
    const same = debit === wasDebit && credit === wasCredit;
    const faults = { reason: why ? undefined : words.reasonMissing, debit: same ? words.same : undefined };
    if (Object.values(faults).some(Boolean)) throw new Faults(faults);
    return wish('account.freeze', { account: account.id, debit, credit, reason: why });
  };
  return (
    <SignDialog
      title={mayLift ? words.titleStaff : words.title}
      about={mayLift ? words.aboutStaff : words.about}
      action={mayLift ? words.signStaff : words.sign}
      danger={!mayLift}
      prepare={prepare}
      form={(problem) => {
        const same = fieldError(problem, 'debit', 'credit');
        return (
          <>
            <fieldset className="grid gap-2">
              <legend className="mb-2 text-sm font-medium">
                {words.what(groupedNumber(account.number))}
              </legend>
              <Checkbox
                label={words.stopDebit}
                checked={debit}
                disabled={!mayLift && wasDebit}
                onChange={(event) => setDebit(event.target.checked)}
              />
              <Checkbox
                label={words.stopCredit}
                checked={credit}
                disabled={!mayLift && wasCredit}
                onChange={(event) => setCredit(event.target.checked)}
              />
              {same && (
                <p role="alert" className="text-sm text-bad">
                  {same.message}
                </p>
              )}
            </fieldset>
            <Field
              label={words.reason}
              hint={words.reasonHint}
              error={fieldError(problem, 'reason')}
              required
            >
              <Textarea
                rows={2}
                maxLength={REASON_MAX}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </Field>
          </>
        );
      }}
      done={() => (mayLift ? words.doneStaff : words.done)}
      onClose={onClose}
    />
  );
}
