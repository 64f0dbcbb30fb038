import { Faults, fieldError } from '../../app/problem';
import { sanitize, wishWithDetails } from '../../bank';
import { customer } from '../../text/en/customer';
import { money } from '../../text/en/money';
import { Field, Input } from '../../ui';
import { AmountField, amountFault, readAmount } from '../money/amount';
import { SignDialog } from '../signing/dialog';
import { type Account, utcDay } from './data';
import { useKept } from './kept';
import { BLANK, otherAsset, type PaymentForm, ToField, useTarget } from './payment-form';

const words = money.holds;
const DAYS_MAX = 90;
const DAY_MS = 24 * 60 * 60 * 1000;
const A_WEEK = 7;

interface HoldForm extends PaymentForm {
  day: string;
}

const FRESH: HoldForm = { ...BLANK, day: '' };

/** Sets money of one account aside for a payee, until the end of a day. */
export function PlaceHold({ account, onClose }: { account: Account; onClose: () => void }) {
  const [form, change, forget] = useKept<HoldForm>('hold', FRESH);
  const target = useTarget(form);
  const now = Date.now();
  const today = utcDay(new Date(now));
  // The end of that day is still within the time that the bank admits.
  const last = utcDay(new Date(now + (DAYS_MAX - 1) * DAY_MS));
  const day = form.day || utcDay(new Date(now + A_WEEK * DAY_MS));
  const otherMoney = otherAsset(target.asset, account);
  const prepare = () => {
    const parsed = readAmount(form.amount, account);
    const to =
      target.fault ??
      otherMoney ??
      (target.id ? undefined : { message: customer.transfer.noPayee }) ??
      (target.id === account.id ? { message: customer.transfer.same } : undefined);
    const faults = {
      to: to?.message,
      amount: parsed?.ok ? undefined : amountFault(parsed, account),
      expires_at: day < today || day > last ? words.badDay : undefined,
    };
    if (Object.values(faults).some(Boolean) || !target.id || !parsed?.ok) throw new Faults(faults);
    return wishWithDetails(
      'hold.place',
      {
        debit: account.id,
        credit: target.id,
        amount: parsed.minor.toString(),
        asset: account.asset,
        expires_at: `${day}T23:59:59.999999Z`,
      },
      { memo: sanitize(form.memo.trim()) },
    );
  };
  return (
    <SignDialog
      title={words.place}
      about={words.placeAbout}
      action={words.placeSign}
      ready={!target.pending}
      prepare={prepare}
      form={(problem) => (
        <>
          <ToField
            form={form}
            set={change}
            from={account}
            error={fieldError(problem, 'to', 'credit') ?? target.fault ?? otherMoney}
            asset={target.asset}
          />
          <AmountField
            typed={form.amount}
            onType={(amount) => change({ amount })}
            unit={account}
            error={fieldError(problem, 'amount')}
          />
          <Field label={words.lastDay} hint={words.lastDayHint} error={fieldError(problem, 'expires_at')}>
            <Input
              type="date"
              min={today}
              max={last}
              value={day}
              onChange={(event) => change({ day: event.target.value })}
            />
          </Field>
          <Field label={customer.transfer.memo} hint={customer.transfer.memoHint} optional>
            <Input value={form.memo} onChange={(event) => change({ memo: event.target.value })} />
          </Field>
        </>
      )}
      onSettled={({ refusal }) => {
        if (!refusal) forget();
      }}
      done={() => words.placed}
      onClose={onClose}
    />
  );
}
