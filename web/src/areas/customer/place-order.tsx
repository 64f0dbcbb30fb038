import { Faults, fieldError } from '../../app/problem';
import { sanitize, wishWithDetails } from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import { Field, Input, Select } from '../../ui';
import { AmountField, amountFault, readAmount } from '../money/amount';
import { SignDialog } from '../signing/dialog';
import { useAccounts, utcDay } from './data';
import { useKept } from './kept';
import { BLANK, FromField, otherAsset, type PaymentForm, ToField, useTarget } from './payment-form';

const words = customer.orders;
const { values } = intents;
const COUNT_MAX = 5200;

const choices = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }));

interface OrderForm extends PaymentForm {
  first: string;
  rhythm: keyof typeof values.rhythm;
  rule: keyof typeof values.business_day;
  until: 'open' | 'last' | 'count';
  last: string;
  count: string;
  short: keyof typeof values.short_of_funds;
}

const FRESH: OrderForm = {
  ...BLANK,
  first: '',
  rhythm: 'monthly',
  rule: 'following',
  until: 'open',
  last: '',
  count: '',
  short: 'retry',
};

/** A standing order: who is paid how much and when, and one signature for all of it. */
export function PlaceOrder({ onClose }: { onClose: () => void }) {
  const accounts = useAccounts().data?.filter((account) => !account.closed) ?? [];
  const [form, change, forget] = useKept<OrderForm>('order', FRESH);
  const from = accounts.find(({ id }) => id === form.from) ?? accounts[0];
  const target = useTarget(form);
  const today = utcDay(new Date());
  const first = form.first || today;
  const otherMoney = otherAsset(target.asset, from);
  const repeats = form.rhythm !== 'once';
  const prepare = () => {
    const parsed = readAmount(form.amount, from);
    const to = target.fault ?? otherMoney ?? (target.id ? undefined : { message: customer.transfer.noPayee });
    const count = Number(form.count);
    const isCount = /^\d+$/.test(form.count) && count >= 1 && count <= COUNT_MAX;
    const faults = {
      to: to?.message,
      amount: parsed?.ok ? undefined : amountFault(parsed, from),
      first: first < today ? words.badFirst : undefined,
      last: repeats && form.until === 'last' && form.last < first ? words.badLast : undefined,
      count: repeats && form.until === 'count' && !isCount ? words.badCount : undefined,
    };
    if (Object.values(faults).some(Boolean) || !from || !target.id || !parsed?.ok) throw new Faults(faults);
    return wishWithDetails(
      'standing_order.place',
      {
        debit: from.id,
        credit: target.id,
        amount: parsed.minor.toString(),
        asset: from.asset,
        first,
        rhythm: form.rhythm,
        business_day: form.rule,
        ...(repeats && form.until === 'last' ? { last: form.last } : {}),
        ...(repeats && form.until === 'count' ? { count: String(count) } : {}),
        short_of_funds: form.short,
      },
      { memo: sanitize(form.memo.trim()) },
    );
  };
  const fields = (problem: unknown) => (
    <>
      <FromField
        accounts={accounts}
        value={from?.id ?? null}
        onChange={(id) => change({ from: id })}
        error={fieldError(problem, 'debit')}
      />
      <ToField
        form={form}
        set={change}
        from={from}
        error={fieldError(problem, 'to', 'credit') ?? target.fault ?? otherMoney}
        asset={target.asset}
      />
      <AmountField
        typed={form.amount}
        onType={(amount) => change({ amount })}
        unit={from}
        error={fieldError(problem, 'amount')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={words.rhythm}>
          <Select
            value={form.rhythm}
            onChange={(rhythm) => change({ rhythm: rhythm as OrderForm['rhythm'] })}
            options={choices(values.rhythm)}
          />
        </Field>
        <Field label={words.first} hint={words.firstHint} error={fieldError(problem, 'first')}>
          <Input
            type="date"
            min={today}
            value={first}
            onChange={(event) => change({ first: event.target.value })}
          />
        </Field>
        {form.rhythm !== 'once' && (
          <Field label={words.until}>
            <Select
              value={form.until}
              onChange={(until) => change({ until: until as OrderForm['until'] })}
              options={(['open', 'last', 'count'] as const).map((one) => ({
                value: one,
                label: words.untilWhen[one],
              }))}
            />
          </Field>
        )}
        {form.rhythm !== 'once' && form.until === 'last' && (
          <Field label={words.last} error={fieldError(problem, 'last')}>
            <Input
              type="date"
              min={first}
              value={form.last}
              onChange={(event) => change({ last: event.target.value })}
            />
          </Field>
        )}
        {form.rhythm !== 'once' && form.until === 'count' && (
          <Field label={words.count} error={fieldError(problem, 'count')}>
            <Input
              figures
              inputMode="numeric"
              value={form.count}
              onChange={(event) => change({ count: event.target.value })}
            />
          </Field>
        )}
      </div>
      <Field label={words.weekends}>
        <Select
          value={form.rule}
          onChange={(rule) => change({ rule: rule as OrderForm['rule'] })}
          options={choices(values.business_day)}
        />
      </Field>
      <Field label={words.shortOfFunds}>
        <Select
          value={form.short}
          onChange={(short) => change({ short: short as OrderForm['short'] })}
          options={choices(values.short_of_funds)}
        />
      </Field>
      <Field label={customer.transfer.memo} hint={customer.transfer.memoHint} optional>
        <Input value={form.memo} onChange={(event) => change({ memo: event.target.value })} />
      </Field>
    </>
  );
  return (
    <SignDialog
      title={words.add}
      action={words.signPlace}
      ready={!target.pending}
      prepare={prepare}
      form={fields}
      onSettled={({ refusal }) => {
        if (!refusal) forget();
      }}
      onClose={onClose}
    />
  );
}
