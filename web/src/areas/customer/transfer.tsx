import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, ArrowRight, PenLine, Wallet } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ok } from '../../api/client';
import { fieldError, Problem, told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import {
  type Draft,
  IntentError,
  type ParsedAmount,
  parseAccountNumber,
  parseAmount,
  sanitize,
  wishWithDetails,
} from '../../bank';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Button,
  buttonClass,
  Combobox,
  EmptyState,
  ErrorState,
  Field,
  type FieldError,
  formatMoney,
  Input,
  Page,
  Select,
  SkeletonLines,
  StepHeading,
  Steps,
  useOnline,
} from '../../ui';
import { type Account, accountLabel, useAccounts, useNames, usePayees } from './data';
import { useKept } from './kept';
import { NameCheck } from './name-check';
import { keepReceipt } from './receipt';
import { Review, useCannotSign } from './review';
import { type Forecast, leftOf, Reasons, SigningNote, sentence, Unknown } from './sign';
import { type Attempt, useSigning, useStandingAttempts } from './signing';
import { SaveTemplate } from './templates';

const words = customer.transfer;
const MEMO_MAX = 140;

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

const BLANK: PaymentForm = {
  from: '',
  way: 'payee',
  payee: '',
  own: '',
  number: '',
  name: '',
  amount: '',
  memo: '',
};

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
export const fieldOf = (code: string): keyof Faults | undefined =>
  FIELD_OF[code] ?? (code.startsWith('limit-') ? 'amount' : undefined);

export function Transfer() {
  const accounts = useAccounts();
  const standing = useStandingAttempts();
  const open = accounts.data?.filter((account) => !account.closed);
  return (
    <Page title={words.title} width="narrow">
      {accounts.isError ? (
        <ErrorState {...told(accounts.error)} onRetry={() => void accounts.refetch()} />
      ) : !open || standing.isPending ? (
        <SkeletonLines lines={6} />
      ) : open.length === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<Wallet aria-hidden />}
            title={words.noAccount}
            action={
              <Link to="/" className={buttonClass('primary')}>
                {words.toHome}
              </Link>
            }
          >
            {words.noAccountAbout}
          </EmptyState>
        </div>
      ) : (
        <Flow accounts={open} standing={standing.data?.find(({ intent }) => intent.kind === 'transfer')} />
      )}
    </Page>
  );
}

function Flow({ accounts, standing }: { accounts: Account[]; standing: Attempt | undefined }) {
  const { search } = useListSearch();
  const navigate = useNavigate();
  const [form, change, forget] = useKept<PaymentForm>('transfer', BLANK);
  const [draft, setDraft] = useState<Draft>();
  const [forecast, setForecast] = useState<Forecast>();
  // What was there when the page came: an attempt of this very page is told where it was made.
  const [earlier, setEarlier] = useState(standing);
  const step = search['step'];
  const go = (next: 'review' | 'sign' | undefined) =>
    void navigate({ to: '/transfer', search: (next ? { step: next } : {}) as never });

  // A payee's "Pay", a template or "Pay again" fill in the form once, and leave the address.
  const filled = useRef(false);
  useEffect(() => {
    const { from, to, payee, amount, memo } = search;
    if (filled.current || !(from || to || payee || amount)) return;
    filled.current = true;
    change({
      ...BLANK,
      ...(from ? { from } : {}),
      ...(payee ? { way: 'payee' as const, payee } : {}),
      ...(to ? { way: 'number' as const, number: to } : {}),
      ...(amount ? { amount } : {}),
      ...(memo ? { memo } : {}),
    });
    void navigate({ to: '/transfer', search: {} as never, replace: true });
  }, [search, change, navigate]);

  // The address says review, and the page was loaded again: what was laid out is gone, what was typed is not.
  const isLost = (step === 'review' || step === 'sign') && !draft;

  const sign = useSigning((settled) => {
    keepReceipt(settled);
    forget();
    void navigate({ to: `/transfer/${settled.receipt.intentId}`, replace: true });
  });
  if (earlier && sign.state.phase !== 'settled') {
    return (
      <Earlier
        attempt={earlier}
        onOver={() => setEarlier(undefined)}
        onReceipt={(id) => {
          forget();
          void navigate({ to: `/transfer/${id}`, replace: true });
        }}
      />
    );
  }
  const at = step === 'sign' && draft ? 2 : step === 'review' && draft ? 1 : 0;
  return (
    <div className="grid gap-6">
      <Steps steps={words.steps} current={at} />
      <div className="panel p-5 sm:p-7">
        {at === 0 && (
          <Details
            accounts={accounts}
            form={form}
            change={change}
            goOn={isLost}
            onReady={(made, foreseen) => {
              setDraft(made);
              setForecast(foreseen);
              sign.reset();
              go('review');
            }}
          />
        )}
        {at === 1 && draft && (
          <ReviewStep
            draft={draft}
            forecast={forecast}
            onChange={() => go(undefined)}
            onNext={() => go('sign')}
          />
        )}
        {at === 2 && draft && <SignStep draft={draft} sign={sign} onBack={() => go('review')} />}
      </div>
    </div>
  );
}

function useAmount(typed: string, account: Account | undefined): ParsedAmount | undefined {
  return account && typed.trim() !== '' ? parseAmount(typed, account.scale, account.asset) : undefined;
}

export const amountFault = (parsed: ParsedAmount | undefined): string =>
  words.faults[parsed && !parsed.ok ? parsed.fault : 'empty'] ?? '';

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

interface DetailsProps {
  accounts: Account[];
  form: PaymentForm;
  change: (changes: Partial<PaymentForm>) => void;
  /** After a reload within the review: lay it out again at once. */
  goOn: boolean;
  onReady: (draft: Draft, forecast: Forecast) => void;
}

function Details({ accounts, form, change, goOn, onReady }: DetailsProps) {
  const source = useSessionSource();
  const cannot = useCannotSign();
  const [faults, setFaults] = useState<Faults>({});
  const [saving, setSaving] = useState(false);
  const from = accounts.find(({ id }) => id === form.from) ?? accounts[0];
  const parsed = useAmount(form.amount, from);
  const target = useTarget(form);
  const otherAsset =
    from && target.asset && target.asset !== from.asset
      ? { message: words.otherAsset(target.asset, from.asset) }
      : undefined;

  const check = useMutation({
    mutationFn: async () => {
      if (!from || !target.id || !parsed?.ok) throw new Error('the form was not complete');
      const draft = await source.session.draft(
        wishWithDetails(
          'transfer',
          { debit: from.id, credit: target.id, amount: parsed.minor.toString(), asset: from.asset },
          { memo: sanitize(form.memo.trim()) },
        ),
      );
      return { draft, forecast: await source.session.dryRun<Forecast>(draft) };
    },
    onSuccess: ({ draft, forecast }) => {
      if (forecast.outcome !== 'refused') return onReady(draft, forecast);
      const field = fieldOf(forecast.code);
      const left = from && leftOf(forecast, from.asset, from.scale);
      const message = [sentence(forecast.title ?? forecast.code), left].filter(Boolean).join(' ');
      setFaults(field ? { [field]: { message } } : {});
    },
  });

  const found = (): Faults => {
    const memoLong = [...form.memo].length > MEMO_MAX;
    const missing = form.way === 'number' && form.number.trim() !== '' ? words.numberWrong : words.noPayee;
    return {
      ...(from ? {} : { from: { message: words.noFrom } }),
      ...(target.fault
        ? { to: target.fault }
        : otherAsset
          ? { to: otherAsset }
          : target.id
            ? target.id === from?.id
              ? { to: { message: words.same } }
              : {}
            : { to: { message: missing } }),
      ...(parsed?.ok ? {} : { amount: { message: amountFault(parsed) } }),
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
    check.mutate();
  };
  const resumed = useRef(false);
  const isReady = Boolean(from && target.id && parsed?.ok);
  useEffect(() => {
    if (!goOn || resumed.current || !isReady || cannot) return;
    resumed.current = true;
    check.mutate();
  }, [goOn, isReady, cannot, check]);

  const forecast = check.data?.forecast;
  const refusedElsewhere = forecast?.outcome === 'refused' && !fieldOf(forecast.code) ? forecast : undefined;
  const serverFault = (...names: string[]) => fieldError(check.error, ...names);
  const isField = check.isError && ['debit', 'credit', 'amount', 'details'].some((name) => serverFault(name));
  const problem =
    check.isError && !isField && !(check.error instanceof IntentError) ? told(check.error) : undefined;
  const set = (changes: Partial<PaymentForm>) => {
    change(changes);
    setFaults({});
    check.reset();
  };
  const live: FieldError | undefined = target.fault ?? otherAsset;
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
      <Field
        label={words.amount}
        hint={
          parsed?.ok && from
            ? words.reads(formatMoney(parsed.minor, from.asset, from.scale))
            : words.amountHint
        }
        error={faults.amount ?? serverFault('amount')}
      >
        <Input
          figures
          inputMode="decimal"
          value={form.amount}
          suffix={from?.asset}
          onChange={(event) => set({ amount: event.target.value })}
          className="text-lg"
        />
      </Field>
      <Field
        label={words.memo}
        optional
        hint={words.memoHint}
        error={faults.memo ?? serverFault('details', 'memo')}
      >
        <Input value={form.memo} onChange={(event) => set({ memo: event.target.value })} />
      </Field>
      {problem && (
        <Alert kind="bad" title={problem.title} requestId={problem.requestId}>
          {problem.detail}
        </Alert>
      )}
      {refusedElsewhere && (
        <Alert kind="bad" title={customer.signing.wouldBeRefused}>
          {sentence(refusedElsewhere.title ?? refusedElsewhere.code)}
          {(refusedElsewhere.effects.risk?.reasons.length ?? 0) > 0 && (
            <Reasons reasons={refusedElsewhere.effects.risk?.reasons ?? []} />
          )}
        </Alert>
      )}
      <div className="flex flex-row-reverse flex-wrap items-center justify-between gap-2 pt-1">
        <Button
          type="submit"
          tone="primary"
          size="lg"
          busy={check.isPending || target.pending}
          disabled={Boolean(cannot)}
          className="max-sm:w-full"
        >
          {words.toReview}
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

function ReviewStep({
  draft,
  forecast,
  onChange,
  onNext,
}: {
  draft: Draft;
  forecast: Forecast | undefined;
  onChange: () => void;
  onNext: () => void;
}) {
  const reasons = forecast?.effects.risk?.reasons ?? [];
  const waits = forecast?.code === 'held';
  return (
    <div className="grid gap-4">
      <div>
        <StepHeading>{words.review}</StepHeading>
        <p className="mt-1 text-sm text-ink-2">{words.reviewAbout}</p>
      </div>
      {waits && (
        <Alert kind="warn" title={words.willWait}>
          {words.willWaitAbout}
          {reasons.length > 0 && <Reasons reasons={reasons} />}
        </Alert>
      )}
      {!waits && reasons.length > 0 && (
        <Alert kind="info" title={words.noticed}>
          <Reasons reasons={reasons} />
        </Alert>
      )}
      <Review draft={draft} onChange={onChange} />
      <StepButtons onBack={onChange}>
        <Button tone="primary" size="lg" onClick={onNext} className="max-sm:w-full">
          {words.toSign}
          <ArrowRight aria-hidden className="size-4" />
        </Button>
      </StepButtons>
    </div>
  );
}

const StepButtons = ({
  onBack,
  children,
}: {
  onBack?: (() => void) | undefined;
  children: React.ReactNode;
}) => (
  <div className="flex flex-row-reverse flex-wrap items-center justify-between gap-2 pt-1">
    {children}
    {onBack && (
      <Button tone="quiet" onClick={onBack} icon={<ArrowLeft aria-hidden className="size-4" />}>
        {words.back}
      </Button>
    )}
  </div>
);

function SignStep({
  draft,
  sign,
  onBack,
}: {
  draft: Draft;
  sign: ReturnType<typeof useSigning>;
  onBack: () => void;
}) {
  const source = useSessionSource();
  const named = useNames();
  const accounts = useAccounts().data;
  const tier = useQuery({
    queryKey: ['tier'],
    queryFn: async () => (await (await source.bank()).profile())?.keys.tier ?? null,
  }).data;
  const { state, start, again } = sign;
  const online = useOnline();
  const busy = state.phase === 'signing' || state.phase === 'sending';
  const { intent } = draft;
  if (intent.kind !== 'transfer') return null;
  const { amount, asset, credit } = intent.body;
  const money = formatMoney(amount, asset, accounts?.find((account) => account.asset === asset)?.scale);
  return (
    <div className="grid gap-5">
      <StepHeading>{words.signTitle}</StepHeading>
      <div className="grid justify-items-center gap-2 rounded-lg bg-sunken px-4 py-8 text-center">
        <span className="grid size-12 place-items-center rounded-full bg-accent-soft text-accent">
          <PenLine aria-hidden className="size-6" />
        </span>
        <p className="figures text-xl font-semibold">{words.signAbout(money, named(credit).name)}</p>
        <p className="max-w-sm text-sm text-ink-2">{tier ? words.signWith[tier] : ''}</p>
      </div>
      <SigningNote state={state} again={again} />
      <div role="status" className="sr-only">
        {busy ? customer.signing.phases[state.phase === 'signing' ? 'signing' : 'sending'] : ''}
      </div>
      <StepButtons onBack={busy || state.phase === 'unknown' ? undefined : onBack}>
        {state.phase !== 'unknown' && (
          <Button
            tone="primary"
            size="lg"
            busy={busy || state.phase === 'settled'}
            disabled={!online}
            onClick={() => start(draft)}
            icon={<PenLine aria-hidden className="size-4" />}
            className="max-sm:w-full"
          >
            {busy ? customer.signing.phases[state.phase === 'signing' ? 'signing' : 'sending'] : words.sign}
          </Button>
        )}
      </StepButtons>
    </div>
  );
}

/** A payment of before a reload, a lost connection or another day: asked about, never signed anew. */
function Earlier({
  attempt,
  onOver,
  onReceipt,
}: {
  attempt: Attempt;
  onOver: () => void;
  onReceipt: (id: string) => void;
}) {
  const { state, again } = useSigning((settled) => {
    keepReceipt(settled);
    onReceipt(settled.receipt.intentId);
  });
  const { signed } = attempt;
  const failed = state.phase === 'failed' ? told(state.error) : undefined;
  return (
    <div className="panel grid gap-5 p-5 sm:p-7">
      <StepHeading>{words.standing}</StepHeading>
      {failed ? (
        <Alert
          kind="bad"
          title={failed.title}
          requestId={failed.requestId}
          action={<Button onClick={onOver}>{words.startOver}</Button>}
        >
          {failed.detail ? `${failed.detail} ` : ''}
          {customer.signing.nothingHappened}
        </Alert>
      ) : (
        <Unknown
          busy={state.phase === 'sending' || state.phase === 'settled'}
          onAgain={() => again(signed)}
        />
      )}
      <Review
        draft={{ id: attempt.id, bytes: signed.intent, intent: attempt.intent, details: signed.details }}
      />
    </div>
  );
}
