import { useQuery } from '@tanstack/react-query';
import { ArrowRightLeft } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { Faults, fieldError, told } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { useApi } from '../../app/session';
import { wish } from '../../bank';
import { money } from '../../text/en/money';
import {
  Button,
  EmptyState,
  Field,
  formatMoney,
  Money,
  Section,
  Select,
  Skeleton,
  Table,
  Timestamp,
} from '../../ui';
import { AmountField, amountFault, readAmount } from '../money/amount';
import { SignDialog } from '../signing/dialog';
import { type Account, accountLabel, useAccounts } from './data';
import { useKept } from './kept';

const words = money.exchange;
const LOOK_MS = 30_000;

type Rate = Schemas['RateView'];

function useRates() {
  const api = useApi();
  return useQuery({
    queryKey: ['rates'],
    refetchInterval: LOOK_MS,
    queryFn: () => ok(api.GET('/api/rates')),
    select: ({ items }) => items,
  });
}

/** Whether the bank exchanges two assets for each other, in either direction. */
const isExchanged = (rates: readonly Rate[], one: string, other: string): boolean =>
  rates.some(({ base, quote }) => (base === one && quote === other) || (base === other && quote === one));

/** The bank's rates, and an exchange between two accounts of one's own. */
export function Exchange() {
  const rates = useRates();
  const allowed = useAllowed();
  const accounts = useAccounts().data?.filter((account) => !account.closed) ?? [];
  const [open, setOpen] = useState(false);
  const known = rates.data ?? [];
  const sellers = accounts.filter((one) =>
    accounts.some((other) => isExchanged(known, one.asset, other.asset)),
  );
  const canExchange = sellers.length > 0 && (allowed?.has('POST /api/transactions/exchange') ?? false);
  return (
    <Section
      title={words.title}
      about={words.about}
      flush
      actions={
        <Button
          tone="primary"
          disabled={!canExchange}
          icon={<ArrowRightLeft aria-hidden className="size-4" />}
          onClick={() => setOpen(true)}
        >
          {words.action}
        </Button>
      }
    >
      {known.length > 0 && sellers.length === 0 && (
        <p className="border-b border-line px-5 py-3 text-sm text-ink-2">{words.needsTwo}</p>
      )}
      <Table<Rate>
        label={words.rates}
        rows={rates.data}
        rowKey={({ base, quote }) => `${base}/${quote}`}
        error={rates.isError ? { ...told(rates.error), onRetry: () => void rates.refetch() } : null}
        empty={
          <EmptyState icon={<ArrowRightLeft aria-hidden />} title={words.none}>
            {words.noneAbout}
          </EmptyState>
        }
        columns={[
          {
            id: 'pair',
            header: words.pair,
            cell: ({ base, quote }) => (
              <span className="font-medium">
                {base}/{quote}
              </span>
            ),
          },
          {
            id: 'buy',
            header: words.buys,
            align: 'right',
            cell: ({ buy }) => <span className="figures">{buy}</span>,
          },
          {
            id: 'sell',
            header: words.sells,
            align: 'right',
            cell: ({ sell }) => <span className="figures">{sell}</span>,
          },
          {
            id: 'since',
            header: words.since,
            wideOnly: true,
            align: 'right',
            cell: ({ since }) => <Timestamp at={since} />,
          },
        ]}
      />
      {open && (
        <ExchangeDialog rates={known} sellers={sellers} accounts={accounts} onClose={() => setOpen(false)} />
      )}
    </Section>
  );
}

interface ExchangeForm {
  from: string;
  to: string;
  amount: string;
}

const BLANK: ExchangeForm = { from: '', to: '', amount: '' };

function ExchangeDialog({
  rates,
  sellers,
  accounts,
  onClose,
}: {
  rates: readonly Rate[];
  sellers: readonly Account[];
  accounts: readonly Account[];
  onClose: () => void;
}) {
  const api = useApi();
  const [form, change, forget] = useKept<ExchangeForm>('exchange', BLANK);
  const from = sellers.find(({ id }) => id === form.from) ?? sellers[0];
  const buyers = accounts.filter((other) => from && isExchanged(rates, from.asset, other.asset));
  const to = buyers.find(({ id }) => id === form.to) ?? buyers[0];
  const parsed = readAmount(form.amount, from);
  /** What the bank would give for it now. */
  const quote = (sell: bigint, selling: Account, buying: Account) =>
    ok(
      api.GET('/api/transactions/exchange/preview', {
        params: {
          query: {
            sell_amount: sell.toString(),
            sell_asset: selling.asset,
            buy_asset: buying.asset,
          },
        },
      }),
    );
  const prepare = async () => {
    const faults = {
      amount: parsed?.ok ? undefined : amountFault(parsed, from),
      to: to ? undefined : words.noTo,
    };
    if (!from || !to || !parsed?.ok) throw new Faults(faults);
    const offered = await quote(parsed.minor, from, to);
    return wish('transfer.exchange', {
      debit: from.id,
      credit: to.id,
      sell_amount: offered.sell_amount,
      sell_asset: offered.sell_asset,
      buy_amount: offered.buy_amount,
      buy_asset: offered.buy_asset,
      rate: offered.rate,
    });
  };
  return (
    <SignDialog
      title={words.action}
      about={words.quoteAbout}
      action={words.sign}
      prepare={prepare}
      also={({ kind, body }) => {
        const pair = kind === 'transfer.exchange' && pairOf(rates, body.sell_asset, body.buy_asset);
        return [pair ? [words.pairOf, pair] : null];
      }}
      form={(problem) => (
        <>
          <Field label={words.from} error={fieldError(problem, 'debit')}>
            <Select
              value={from?.id ?? null}
              onChange={(id) => change({ from: id })}
              options={sellers.map(optionOf)}
            />
          </Field>
          <Field
            label={words.to}
            error={fieldError(problem, 'to', 'credit')}
            hint={buyers.length === 0 ? words.noneFits : undefined}
          >
            <Select
              value={to?.id ?? null}
              onChange={(id) => change({ to: id })}
              options={buyers.map(optionOf)}
            />
          </Field>
          <AmountField
            large
            label={words.sell}
            typed={form.amount}
            onType={(amount) => change({ amount })}
            unit={from}
            error={fieldError(problem, 'amount', 'sell_amount')}
          />
          {from && to && (
            <Quote
              ask={parsed?.ok ? () => quote(parsed.minor, from, to) : undefined}
              of={`${from.asset}/${to.asset}/${parsed?.ok ? parsed.minor : ''}`}
              to={to}
            />
          )}
        </>
      )}
      onSettled={({ refusal }) => {
        if (!refusal) forget();
      }}
      done={() => words.done}
      onClose={onClose}
    />
  );
}

const optionOf = (account: Account) => ({
  value: account.id,
  label: accountLabel(account),
  about: formatMoney(account.available, account.asset, account.scale),
});

/** Of which pair the rate is, as the bank writes it: `EUR/USD`. */
const pairOf = (rates: readonly Rate[], one: string, other: string): string | undefined => {
  const found = rates.find(
    ({ base, quote }) => (base === one && quote === other) || (base === other && quote === one),
  );
  return found && `${found.base}/${found.quote}`;
};

/** What the other account would get at the present rate. */
function Quote({
  ask,
  of,
  to,
}: {
  ask: (() => Promise<Schemas['ExchangePreview']>) | undefined;
  of: string;
  to: Account;
}) {
  const quote = useQuery({
    queryKey: ['quote', of],
    enabled: ask !== undefined,
    refetchInterval: LOOK_MS,
    staleTime: 0,
    retry: false,
    queryFn: async () => (ask ? ask() : null),
  });
  if (ask && quote.isError) return <ProblemAlert error={quote.error} />;
  const offered = ask ? quote.data : undefined;
  const [one, other] = offered?.pair.split('/') ?? [];
  return (
    <div role="status" className="rounded-lg bg-sunken px-4 py-3">
      <p className="text-sm text-ink-3">{words.quote}</p>
      {offered ? (
        <>
          <Money minor={offered.buy_amount} asset={offered.buy_asset} scale={to.scale} size="xl" />
          <p className="text-sm text-ink-2">{words.quoteAt(one ?? '', offered.rate, other ?? '')}</p>
        </>
      ) : ask ? (
        <Skeleton className="my-1.5 w-32" />
      ) : (
        <p className="text-sm text-ink-2">{words.quoteHint}</p>
      )}
    </div>
  );
}
