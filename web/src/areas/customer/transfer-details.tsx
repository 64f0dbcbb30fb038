import { ArrowRight } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { fieldError } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { sanitize, wishWithDetails } from '../../bank';
import { customer } from '../../text/en/customer';
import { signing } from '../../text/en/signing';
import { Alert, Button, Field, type FieldError, Input, StepHeading } from '../../ui';
import { AmountField, amountFault, readAmount } from '../money/amount';
import { forecastText, leftOf, WouldBeRefused } from '../signing/notes';
import { type Laid, useCannotSign, useLaying } from '../signing/signing';
import type { Account } from './data';
import { FromField, otherAsset, type PaymentForm, ToField, useTarget } from './payment-form';
import { SaveTemplate } from './templates';

const words = customer.transfer;
const MEMO_MAX = 140;

type Faults = Partial<Record<'from' | 'to' | 'amount' | 'memo', FieldError>>;

/** Which field a refusal is about. */
const FIELD_OF: Record<string, keyof Faults> = {
  'insufficient-funds': 'amount',
  'debit-account-frozen': 'from',
  'account-closed': 'to',
  'credit-account-frozen': 'to',
  'account-not-found': 'to',
  'asset-mismatch': 'to',
  'same-account': 'to',
  'not-account-owner': 'from',
};
const fieldOf = (code: string): keyof Faults | undefined =>
  FIELD_OF[code] ?? (code.startsWith('limit-') ? 'amount' : undefined);

interface DetailsProps {
  accounts: Account[];
  form: PaymentForm;
  change: (changes: Partial<PaymentForm>) => void;
  /** After a reload within the review: lay it out again at once. */
  goOn: boolean;
  onReady: (laid: Laid) => void;
}

export function Details({ accounts, form, change, goOn, onReady }: DetailsProps) {
  const cannot = useCannotSign();
  const [faults, setFaults] = useState<Faults>({});
  const [saving, setSaving] = useState(false);
  const from = accounts.find(({ id }) => id === form.from) ?? accounts[0];
  const parsed = readAmount(form.amount, from);
  const target = useTarget(form);
  const otherMoney = otherAsset(target.asset, from);

  const check = useLaying();
  const lay = () =>
    check.mutate(
      () => {
        if (!from || !target.id || !parsed?.ok) throw new Error('the form was not complete');
        return wishWithDetails(
          'transfer',
          { debit: from.id, credit: target.id, amount: parsed.minor.toString(), asset: from.asset },
          { memo: sanitize(form.memo.trim()) },
        );
      },
      {
        onSuccess: (laid) => {
          const { forecast } = laid;
          if (forecast?.outcome !== 'refused') return onReady(laid);
          const field = fieldOf(forecast.code);
          const left = from && leftOf(forecast, from.asset, from.scale);
          const message = [forecastText(forecast), left].filter(Boolean).join(' ');
          setFaults(field ? { [field]: { message } } : {});
        },
      },
    );

  const found = (): Faults => {
    const memoLong = [...form.memo].length > MEMO_MAX;
    const missing = form.way === 'number' && form.number.trim() !== '' ? words.numberWrong : words.noPayee;
    return {
      ...(from ? {} : { from: { message: words.noFrom } }),
      ...(target.fault
        ? { to: target.fault }
        : otherMoney
          ? { to: otherMoney }
          : target.id
            ? target.id === from?.id
              ? { to: { message: words.same } }
              : {}
            : { to: { message: missing } }),
      ...(parsed?.ok ? {} : { amount: { message: amountFault(parsed, from) } }),
      ...(memoLong ? { memo: { message: words.memoLong } } : {}),
    };
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (check.isPending || target.pending) return;
    const wrong = found();
    setFaults(wrong);
    check.reset();
    if (Object.keys(wrong).length > 0) return focusFirstFault();
    lay();
  };
  const resumed = useRef(false);
  const latest = useRef(lay);
  latest.current = lay;
  const isReady = Boolean(from && target.id && parsed?.ok);
  useEffect(() => {
    if (!goOn || resumed.current || !isReady || cannot) return;
    resumed.current = true;
    latest.current();
  }, [goOn, isReady, cannot]);

  const forecast = check.data?.forecast;
  const refusedElsewhere = forecast?.outcome === 'refused' && !fieldOf(forecast.code) ? forecast : undefined;
  const serverFault = (...names: string[]) => fieldError(check.error, ...names);
  const isField = check.isError && ['debit', 'credit', 'amount', 'details'].some((name) => serverFault(name));
  const problem = check.isError && !isField ? check.error : undefined;
  const set = (changes: Partial<PaymentForm>) => {
    change(changes);
    setFaults({});
    check.reset();
  };
  const live: FieldError | undefined = target.fault ?? otherMoney;
  return (
    <form className="grid gap-5" onSubmit={submit} noValidate>
      <StepHeading focus={false}>{words.details}</StepHeading>
      {cannot && <Alert kind="info">{cannot}</Alert>}
      <FromField
        accounts={accounts}
        value={from?.id ?? null}
        onChange={(id) => set({ from: id })}
        error={faults.from ?? serverFault('debit')}
      />
      <ToField
        form={form}
        set={set}
        from={from}
        error={faults.to ?? live ?? serverFault('credit')}
        asset={target.asset}
      />
      <AmountField
        large
        typed={form.amount}
        onType={(amount) => set({ amount })}
        unit={from}
        error={faults.amount ?? serverFault('amount')}
      />
      <Field
        label={words.memo}
        optional
        hint={words.memoHint}
        error={faults.memo ?? serverFault('details', 'memo')}
      >
        <Input value={form.memo} onChange={(event) => set({ memo: event.target.value })} />
      </Field>
      {problem && <ProblemAlert error={problem} />}
      {refusedElsewhere && <WouldBeRefused forecast={refusedElsewhere} />}
      <div className="flex flex-row-reverse flex-wrap items-center justify-between gap-2 pt-1">
        <Button
          type="submit"
          tone="primary"
          size="lg"
          busy={check.isPending || target.pending}
          disabled={Boolean(cannot)}
          className="max-sm:w-full"
        >
          {signing.toReview}
          <ArrowRight aria-hidden className="size-4" />
        </Button>
        {target.id && from && (
          <Button tone="quiet" onClick={() => setSaving(true)} className="max-sm:w-full">
            {words.templateSave}
          </Button>
        )}
      </div>
      {saving && from && target.id && (
        <SaveTemplate
          onClose={() => setSaving(false)}
          payment={{
            asset: from.asset,
            credit: target.id,
            debit: from.id,
            ...(parsed?.ok ? { amount: parsed.minor.toString() } : {}),
            ...(form.memo.trim() ? { memo: sanitize(form.memo.trim()) } : {}),
          }}
        />
      )}
    </form>
  );
}

const focusFirstFault = () =>
  requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
