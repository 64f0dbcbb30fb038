import { useQuery } from '@tanstack/react-query';
import { CalendarSync, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { type Prepared, parseAmount, sanitize, wish, wishWithDetails } from '../../bank';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Badge,
  Button,
  Day,
  Dialog,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  type FieldError,
  formatMoney,
  Hash,
  Input,
  Money,
  type Mood,
  Pagination,
  Section,
  Select,
  SkeletonLines,
  Table,
  Timestamp,
  toast,
} from '../../ui';
import { type Order, textOf, useAccounts, useNames, useReadAgain, utcDay } from './data';
import { useKept } from './kept';
import { useCannotSign } from './review';
import { SignDialog, sentence } from './sign';
import { amountFault, FromField, type PaymentForm, ToField, useTarget } from './transfer';

const words = customer.orders;
const PAGE = 25;
const COUNT_MAX = 5200;

const STATES: Record<string, Mood> = {
  active: 'good',
  ended: 'neutral',
  completed: 'neutral',
  failed: 'bad',
};
const RUNS: Record<string, Mood> = { paid: 'good', waiting: 'warn', skipped: 'warn', failed: 'bad' };

const RHYTHMS = ['once', 'weekly', 'monthly', 'end_of_month'] as const;
const RULES = ['following', 'preceding', 'modified_following', 'unadjusted'] as const;

/** What is paid by itself, and what became of it. */
export function StandingOrders() {
  const api = useApi();
  const { userId } = useSignedIn();
  const { search, set, pages } = useListSearch();
  const named = useNames();
  const accounts = useAccounts().data;
  const readAgain = useReadAgain();
  const cursor = search['cursor'];
  const orders = useQuery({
    queryKey: ['orders', userId, cursor],
    queryFn: () =>
      ok(
        api.GET('/api/standing-orders', {
          params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } },
        }),
      ),
  });
  const scaleOf = (asset: string) => {
    const scale = accounts?.find((account) => account.asset === asset)?.scale;
    return scale === undefined ? {} : { scale };
  };
  const add = (
    <Button
      tone="primary"
      icon={<Plus aria-hidden className="size-4" />}
      disabled={accounts?.length === 0}
      onClick={() => set({ place: 'new' })}
    >
      {words.add}
    </Button>
  );
  return (
    <Section title={words.title} flush actions={orders.data && orders.data.items.length > 0 && add}>
      <Table<Order>
        label={words.title}
        rows={orders.data?.items}
        rowKey={(row) => row.order}
        onOpen={(row) => set({ order: row.order })}
        selected={search['order']}
        error={orders.isError ? { ...told(orders.error), onRetry: () => void orders.refetch() } : null}
        empty={
          <EmptyState icon={<CalendarSync aria-hidden />} title={words.empty} action={add}>
            {words.emptyAbout}
          </EmptyState>
        }
        pagination={<Pagination {...pages(orders.data?.next)} shown={orders.data?.items.length} />}
        columns={[
          { id: 'to', header: words.to, cell: (row) => named(row.credit).name },
          { id: 'rhythm', header: words.rhythm, cell: (row) => words.rhythms[row.rhythm] ?? row.rhythm },
          {
            id: 'next',
            header: words.next,
            cell: (row) =>
              row.next_day && row.status === 'active' ? (
                <Day day={row.next_day} />
              ) : (
                <span className="text-ink-3">–</span>
              ),
          },
          {
            id: 'state',
            header: words.state,
            cell: (row) => <Badge mood={STATES[row.status] ?? 'neutral'}>{words.states[row.status]}</Badge>,
          },
          {
            id: 'amount',
            header: words.amount,
            align: 'right',
            cell: (row) => <Money minor={row.amount} asset={row.asset} {...scaleOf(row.asset)} />,
          },
        ]}
      />
      <OrderDrawer id={search['order']} scaleOf={scaleOf} onClose={() => set({ order: undefined })} />
      {search['place'] && (
        <PlaceOrder
          onClose={() => set({ place: undefined })}
          onDone={() => {
            toast(words.placed);
            void readAgain();
            set({ place: undefined });
          }}
        />
      )}
    </Section>
  );
}

function OrderDrawer({
  id,
  scaleOf,
  onClose,
}: {
  id: string | undefined;
  scaleOf: (asset: string) => { scale?: number };
  onClose: () => void;
}) {
  const api = useApi();
  const named = useNames();
  const readAgain = useReadAgain();
  const [ending, setEnding] = useState(false);
  const found = useQuery({
    queryKey: ['order', id],
    enabled: id !== undefined,
    queryFn: () => ok(api.GET('/api/standing-orders/{order}', { params: { path: { order: id ?? '' } } })),
  });
  const order = id === undefined ? undefined : found.data;
  return (
    <>
      <Drawer
        open={id !== undefined}
        onOpenChange={(open) => !open && onClose()}
        title={order ? customer.account.paidTo(named(order.credit).name) : words.title}
        description={order && words.rhythms[order.rhythm]}
        actions={
          order?.status === 'active' && (
            <Button tone="danger" onClick={() => setEnding(true)}>
              {words.end}
            </Button>
          )
        }
      >
        {found.isError ? (
          <ErrorState {...told(found.error)} onRetry={() => void found.refetch()} />
        ) : !order ? (
          <SkeletonLines lines={6} />
        ) : (
          <>
            <p className="flex flex-wrap items-center gap-3">
              <Money minor={order.amount} asset={order.asset} size="3xl" {...scaleOf(order.asset)} />
              <Badge mood={STATES[order.status] ?? 'neutral'}>{words.states[order.status]}</Badge>
            </p>
            <Facts
              className="mt-3"
              items={[
                [words.to, named(order.credit).number],
                [words.from, named(order.debit).number],
                order.next_day && order.status === 'active'
                  ? [words.next, <Day key="next" day={order.next_day} />]
                  : null,
                [words.first, <Day key="first" day={order.first} />],
                order.last ? [words.last, <Day key="last" day={order.last} />] : null,
                order.count ? [words.count, order.count] : null,
                [words.weekends, words.businessDays[order.business_day]],
                [words.shortOfFunds, words.short[order.short_of_funds]],
                textOf(order.details, 'memo') ? [customer.review.memo, textOf(order.details, 'memo')] : null,
                [words.placedAt, <Timestamp key="placed" at={order.placed_at} />],
                [customer.review.order, <Hash key="order" value={order.order} />],
              ]}
            />
            <h3 className="mt-6 mb-2 font-semibold">{words.outcomes}</h3>
            {order.runs.length === 0 ? (
              <p className="text-sm text-ink-2">{words.noOutcomes}</p>
            ) : (
              <ul className="divide-y divide-line rounded-lg border border-line">
                {order.runs.map((run) => (
                  <li
                    key={run.number}
                    className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-3.5 py-2.5"
                  >
                    <span>
                      <Day day={run.due_day} />
                      <span className="ml-2 text-sm text-ink-3">{words.tries(run.attempts)}</span>
                    </span>
                    <Badge mood={RUNS[run.status] ?? 'neutral'}>{words.runs[run.status]}</Badge>
                    {run.code !== 'ok' && (
                      <span className="w-full text-sm text-ink-2">
                        {words.codes[run.code] ?? sentence(customer.refusals[run.code] ?? run.code)}
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Drawer>
      {order && (
        <SignDialog
          open={ending}
          danger
          title={words.endTitle}
          description={words.endAbout}
          action={words.endSign}
          prepare={() => wish('standing_order.end', { order: order.order })}
          onClose={() => setEnding(false)}
          onDone={() => {
            toast(words.ended);
            void readAgain();
            setEnding(false);
          }}
        />
      )}
    </>
  );
}

interface OrderForm extends PaymentForm {
  first: string;
  rhythm: (typeof RHYTHMS)[number];
  rule: (typeof RULES)[number];
  until: 'open' | 'last' | 'count';
  last: string;
  count: string;
  short: 'skip' | 'retry';
}

const BLANK: OrderForm = {
  from: '',
  way: 'payee',
  payee: '',
  own: '',
  number: '',
  name: '',
  amount: '',
  memo: '',
  first: '',
  rhythm: 'monthly',
  rule: 'following',
  until: 'open',
  last: '',
  count: '',
  short: 'retry',
};

type Faults = Partial<Record<'to' | 'amount' | 'first' | 'last' | 'count', FieldError>>;

function PlaceOrder({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const cannot = useCannotSign();
  const accounts = useAccounts().data?.filter((account) => !account.closed) ?? [];
  const [form, change, forget] = useKept<OrderForm>('order', BLANK);
  const [faults, setFaults] = useState<Faults>({});
  const [prepared, setPrepared] = useState<() => Prepared>();
  const from = accounts.find(({ id }) => id === form.from) ?? accounts[0];
  const target = useTarget(form);
  const today = utcDay(new Date());
  const first = form.first || today;
  const parsed = from && form.amount.trim() ? parseAmount(form.amount, from.scale, from.asset) : undefined;
  const set = (changes: Partial<OrderForm>) => {
    change(changes);
    setFaults({});
  };
  const otherAsset =
    from && target.asset && target.asset !== from.asset
      ? { message: customer.transfer.otherAsset(target.asset, from.asset) }
      : undefined;
  const found = (): Faults => {
    const to = target.fault ?? otherAsset ?? (target.id ? undefined : { message: customer.transfer.noPayee });
    const count = Number(form.count);
    const isCount = /^\d+$/.test(form.count) && count >= 1 && count <= COUNT_MAX;
    return {
      ...(to ? { to } : {}),
      ...(parsed?.ok ? {} : { amount: { message: amountFault(parsed) } }),
      ...(first < today ? { first: { message: words.badFirst } } : {}),
      ...(form.until === 'last' && form.rhythm !== 'once' && form.last < first
        ? { last: { message: words.badLast } }
        : {}),
      ...(form.until === 'count' && form.rhythm !== 'once' && !isCount
        ? { count: { message: words.badCount } }
        : {}),
    };
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (target.pending) return;
    const wrong = found();
    setFaults(wrong);
    const { id } = target;
    if (Object.keys(wrong).length > 0 || !from || !id || !parsed?.ok) return;
    const repeats = form.rhythm !== 'once';
    setPrepared(
      () => () =>
        wishWithDetails(
          'standing_order.place',
          {
            debit: from.id,
            credit: id,
            amount: parsed.minor.toString(),
            asset: from.asset,
            first,
            rhythm: form.rhythm,
            business_day: form.rule,
            ...(repeats && form.until === 'last' ? { last: form.last } : {}),
            ...(repeats && form.until === 'count' ? { count: String(Number(form.count)) } : {}),
            short_of_funds: form.short,
          },
          { memo: sanitize(form.memo.trim()) },
        ),
    );
  };
  if (prepared) {
    return (
      <SignDialog
        open
        title={words.placeTitle}
        action={words.signPlace}
        prepare={prepared}
        onClose={() => setPrepared(undefined)}
        onDone={() => {
          forget();
          onDone();
        }}
      />
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.add}
      className="max-w-xl"
      actions={
        <>
          <Button tone="primary" type="submit" form="order" disabled={Boolean(cannot)} busy={target.pending}>
            {words.place}
          </Button>
          <Button onClick={onClose}>{customer.signing.cancel}</Button>
        </>
      }
    >
      <form id="order" className="grid gap-4" onSubmit={submit} noValidate>
        {cannot && <Alert kind="info">{cannot}</Alert>}
        <FromField
          accounts={accounts}
          value={from?.id ?? null}
          onChange={(id) => set({ from: id })}
          error={undefined}
        />
        <ToField
          form={form}
          set={set}
          from={from}
          error={faults.to ?? target.fault ?? otherAsset}
          asset={target.asset}
        />
        <Field
          label={words.amount}
          error={faults.amount}
          hint={
            parsed?.ok && from
              ? customer.transfer.reads(formatMoney(parsed.minor, from.asset, from.scale))
              : customer.transfer.amountHint
          }
        >
          <Input
            figures
            inputMode="decimal"
            suffix={from?.asset}
            value={form.amount}
            onChange={(event) => set({ amount: event.target.value })}
          />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={words.rhythm}>
            <Select
              value={form.rhythm}
              onChange={(rhythm) => set({ rhythm: rhythm as OrderForm['rhythm'] })}
              options={RHYTHMS.map((one) => ({ value: one, label: words.rhythms[one] ?? one }))}
            />
          </Field>
          <Field label={words.first} hint={words.firstHint} error={faults.first}>
            <Input
              type="date"
              min={today}
              value={first}
              onChange={(event) => set({ first: event.target.value })}
            />
          </Field>
          {form.rhythm !== 'once' && (
            <Field label={words.until}>
              <Select
                value={form.until}
                onChange={(until) => set({ until: until as OrderForm['until'] })}
                options={(['open', 'last', 'count'] as const).map((one) => ({
                  value: one,
                  label: words.untilWhen[one],
                }))}
              />
            </Field>
          )}
          {form.rhythm !== 'once' && form.until === 'last' && (
            <Field label={words.last} error={faults.last}>
              <Input
                type="date"
                min={first}
                value={form.last}
                onChange={(event) => set({ last: event.target.value })}
              />
            </Field>
          )}
          {form.rhythm !== 'once' && form.until === 'count' && (
            <Field label={words.count} error={faults.count}>
              <Input
                figures
                inputMode="numeric"
                value={form.count}
                onChange={(event) => set({ count: event.target.value })}
              />
            </Field>
          )}
        </div>
        <Field label={words.weekends}>
          <Select
            value={form.rule}
            onChange={(rule) => set({ rule: rule as OrderForm['rule'] })}
            options={RULES.map((one) => ({ value: one, label: words.businessDays[one] ?? one }))}
          />
        </Field>
        <Field label={words.shortOfFunds}>
          <Select
            value={form.short}
            onChange={(short) => set({ short: short as OrderForm['short'] })}
            options={(['retry', 'skip'] as const).map((one) => ({
              value: one,
              label: words.short[one] ?? one,
            }))}
          />
        </Field>
        <Field label={customer.transfer.memo} hint={customer.transfer.memoHint} optional>
          <Input value={form.memo} onChange={(event) => set({ memo: event.target.value })} />
        </Field>
      </form>
    </Dialog>
  );
}
