import { useQuery } from '@tanstack/react-query';
import { CalendarSync, Plus } from 'lucide-react';
import { useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { wish } from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import {
  Badge,
  Button,
  Day,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Hash,
  Money,
  type Mood,
  Pagination,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { sentence } from '../signing/notes';
import { type Order, textOf, useAccounts, useNames } from './data';
import { PlaceOrder } from './place-order';

const words = customer.orders;
const PAGE = 25;

const STATES: Record<string, Mood> = {
  active: 'good',
  ended: 'neutral',
  completed: 'neutral',
  failed: 'bad',
};
const RUNS: Record<string, Mood> = { paid: 'good', waiting: 'warn', skipped: 'warn', failed: 'bad' };

const { values } = intents;
const rhythmName = (rhythm: string): string => values.rhythm[rhythm as keyof typeof values.rhythm] ?? rhythm;

/** What is paid by itself, and what became of it. */
export function StandingOrders() {
  const api = useApi();
  const { userId } = useSignedIn();
  const { search, set, pages } = useListSearch();
  const named = useNames();
  const accounts = useAccounts().data;
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
          { id: 'rhythm', header: words.rhythm, cell: (row) => rhythmName(row.rhythm) },
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
      {search['place'] && <PlaceOrder onClose={() => set({ place: undefined })} />}
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
        description={order && rhythmName(order.rhythm)}
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
                [words.weekends, values.business_day[order.business_day as keyof typeof values.business_day]],
                [
                  words.shortOfFunds,
                  values.short_of_funds[order.short_of_funds as keyof typeof values.short_of_funds],
                ],
                textOf(order.details, 'memo')
                  ? [intents.members['memo'], textOf(order.details, 'memo')]
                  : null,
                [words.placedAt, <Timestamp key="placed" at={order.placed_at} />],
                [intents.members['order'], <Hash key="order" value={order.order} />],
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
          about={words.endAbout}
          action={words.endSign}
          prepare={() => wish('standing_order.end', { order: order.order })}
          onClose={() => setEnding(false)}
        />
      )}
    </>
  );
}
