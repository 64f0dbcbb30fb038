/** Who pays whom how much: what a transfer and a standing order ask alike. */
import { useQuery } from '@tanstack/react-query';
import { ok } from '../../api/client';
import { Problem, told } from '../../app/problem';
import { useApi } from '../../app/session';
import { parseAccountNumber } from '../../bank';
import { customer } from '../../text/en/customer';
import { Combobox, Field, type FieldError, formatMoney, Input, Select } from '../../ui';
import { type Account, accountLabel, useAccounts, useNames, usePayees } from './data';
import { NameCheck } from './name-check';

const words = customer.transfer;

export interface PaymentForm {
  from: string;
  way: 'payee' | 'own' | 'number';
  payee: string;
  own: string;
  number: string;
  name: string;
  amount: string;
  memo: string;
}

export const BLANK: PaymentForm = {
  from: '',
  way: 'payee',
  payee: '',
  own: '',
  number: '',
  name: '',
  amount: '',
  memo: '',
};

/** The account that is paid, as the form names it. */
export function useTarget(form: Pick<PaymentForm, 'way' | 'payee' | 'own' | 'number'>) {
  const api = useApi();
  const payees = usePayees().data;
  const accounts = useAccounts().data;
  const number = form.way === 'number' ? parseAccountNumber(form.number) : undefined;
  const resolved = useQuery({
    queryKey: ['resolve', number],
    enabled: number !== undefined,
    queryFn: () =>
      ok(api.GET('/api/accounts/resolve/{number}', { params: { path: { number: number ?? '' } } })),
  });
  if (form.way === 'payee') {
    const payee = payees?.find((one) => one.account === form.payee);
    return {
      id: payee?.account,
      asset: payee?.asset,
      number: payee?.number,
      pending: false,
      fault: undefined,
    };
  }
  if (form.way === 'own') {
    const own = accounts?.find((one) => one.id === form.own);
    return { id: own?.id, asset: own?.asset, number: own?.number, pending: false, fault: undefined };
  }
  const typed = form.number.replace(/\s/g, '');
  const isNowhere = resolved.error instanceof Problem && resolved.error.status === 404;
  const fault = isNowhere
    ? { message: words.numberNowhere, requestId: (resolved.error as Problem).requestId }
    : resolved.isError
      ? { message: told(resolved.error).title }
      : typed.length >= 22 && !number
        ? { message: words.numberWrong }
        : undefined;
  return {
    id: resolved.data?.id,
    asset: resolved.data?.asset,
    number,
    pending: resolved.isFetching,
    fault,
  };
}

/** Why an account of another currency cannot be paid; `undefined` where there is nothing to say. */
export const otherAsset = (asset: string | undefined, from: Account | undefined): FieldError | undefined =>
  from && asset && asset !== from.asset ? { message: words.otherAsset(asset, from.asset) } : undefined;

export function FromField({
  accounts,
  value,
  onChange,
  error,
}: {
  accounts: readonly Account[];
  value: string | null;
  onChange: (id: string) => void;
  error: FieldError | undefined;
}) {
  return (
    <Field label={words.from} error={error}>
      <Select
        value={value}
        onChange={onChange}
        options={accounts.map((account) => ({
          value: account.id,
          label: accountLabel(account),
          about: words.availableNow(formatMoney(account.available, account.asset, account.scale)),
        }))}
      />
    </Field>
  );
}

type Ways = Pick<PaymentForm, 'way' | 'payee' | 'own' | 'number' | 'name'>;

/** Who is paid: one of the payees, one's own other account, or whoever has a number. */
export function ToField({
  form,
  set,
  from,
  error,
  asset,
}: {
  form: Ways;
  set: (changes: Partial<Ways>) => void;
  from: Account | undefined;
  error: FieldError | undefined;
  asset: string | undefined;
}) {
  const payees = usePayees();
  const accounts = useAccounts().data ?? [];
  const named = useNames();
  const usable = payees.data?.filter((payee) => payee.status === 'active') ?? [];
  const own = accounts.filter((account) => !account.closed && account.id !== from?.id);
  const ways = [
    ['payee', words.toPayee],
    ['number', words.toNumber],
    ...(own.length > 0 ? [['own', words.toOwn] as const] : []),
  ] as const;
  return (
    <div className="grid gap-3">
      <fieldset>
        <legend className="mb-1.5 text-sm font-medium">{words.to}</legend>
        <div className="grid auto-cols-fr grid-flow-col gap-1 rounded-lg border border-line-button p-1">
          {ways.map(([way, label]) => (
            <label
              key={way}
              className="cursor-pointer rounded-md px-2 py-1.5 text-center text-sm font-medium text-ink-2 hover:bg-hover has-checked:bg-accent-soft has-checked:text-accent-strong has-focus-visible:outline-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="way"
                value={way}
                checked={form.way === way}
                onChange={() => set({ way })}
                className="sr-only"
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
      {form.way === 'payee' && (
        <Field
          label={words.payee}
          error={error}
          hint={payees.data && usable.length === 0 ? words.noPayees : undefined}
        >
          <Combobox
            value={form.payee || null}
            onChange={(payee) => set({ payee: payee ?? '' })}
            placeholder={words.choosePayee}
            busy={payees.isPending}
            options={usable.map((payee) => ({
              value: payee.account,
              label: named(payee.account).name,
              about: `${named(payee.account).number} · ${payee.asset}`,
            }))}
          />
        </Field>
      )}
      {form.way === 'own' && (
        <Field label={words.toOwn} error={error}>
          <Select
            value={form.own || null}
            onChange={(id) => set({ own: id })}
            options={own.map((account) => ({
              value: account.id,
              label: accountLabel(account),
              about: named(account.id).number,
            }))}
          />
        </Field>
      )}
      {form.way === 'number' && (
        <>
          <Field label={words.number} hint={asset ? words.numberIs(asset) : words.numberHint} error={error}>
            <Input
              figures
              spellCheck={false}
              autoCapitalize="characters"
              value={form.number}
              onChange={(event) => set({ number: event.target.value })}
            />
          </Field>
          <NameCheck number={form.number} name={form.name} onName={(name) => set({ name })} optional />
        </>
      )}
    </div>
  );
}
