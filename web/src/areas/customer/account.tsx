import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import {
  ArrowDownLeft,
  ArrowUpRight,
  CalendarClock,
  Download,
  FileQuestion,
  Hourglass,
  Inbox,
  Send,
  Snowflake,
} from 'lucide-react';
import { useState } from 'react';
import { ok } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { Problem, told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi } from '../../app/session';
import { groupedNumber } from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import { money } from '../../text/en/money';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  CopyButton,
  EmptyState,
  ErrorState,
  Field,
  formatMoney,
  Input,
  Money,
  Page,
  Pagination,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { FreezeDialog } from '../money/freeze';
import { Holds } from '../money/holds';
import { BalanceThen, ExportDialog } from './account-dialogs';
import { type Account, type Movement, signedAmount, textOf, useNames, utcDay } from './data';
import { MovementDrawer } from './movement';
import { PlaceHold } from './place-hold';

const words = customer.account;
const PAGE = 25;

export function AccountPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const api = useApi();
  const account = useQuery({
    queryKey: ['account', id],
    queryFn: () => ok(api.GET('/api/accounts/{id}', { params: { path: { id } } })),
  });
  if (account.data) return <Whole key={id} account={account.data} />;
  const missing = account.error instanceof Problem && [400, 404].includes(account.error.status);
  return (
    <Page title={words.movements}>
      <div className="panel">
        {missing ? (
          <EmptyState
            icon={<FileQuestion aria-hidden />}
            title={words.noSuchAccount}
            action={
              <Link to="/" className={buttonClass('primary')}>
                {customer.transfer.toHome}
              </Link>
            }
          />
        ) : account.isError ? (
          <ErrorState {...told(account.error)} onRetry={() => void account.refetch()} />
        ) : (
          <div className="p-5">
            <SkeletonLines lines={5} />
          </div>
        )}
      </div>
    </Page>
  );
}

const isZero = (minor: string | null | undefined): boolean => !minor || /^-?0+$/.test(minor);

function Whole({ account }: { account: Account }) {
  const [exporting, setExporting] = useState(false);
  const [looking, setLooking] = useState(false);
  const allowed = useAllowed();
  const { search, set } = useListSearch();
  const isWhole = account.freeze_debit && account.freeze_credit;
  const mayFreeze = !account.closed && !isWhole && (allowed?.has('POST /api/accounts/freeze') ?? false);
  const mayPlace = !account.closed && (allowed?.has('POST /api/holds') ?? false);
  const { firstDay, lastDay } = usePeriod(account);
  const { asset, scale } = account;
  const written = (minor: string) => formatMoney(minor, asset, scale);
  return (
    <Page
      title={intents.accountIn(asset)}
      about={
        <span className="inline-flex items-center gap-1">
          <span className="figures">{groupedNumber(account.number)}</span>
          <CopyButton value={account.number} label={words.copyNumber} />
        </span>
      }
      actions={
        <>
          {!account.closed && (
            <Link to="/transfer" search={{ from: account.id } as never} className={buttonClass('primary')}>
              <Send aria-hidden className="size-4" />
              {words.send}
            </Link>
          )}
          <Link to="/statements" search={{ account: account.id } as never} className={buttonClass()}>
            {words.statement}
          </Link>
        </>
      }
    >
      {(account.freeze_debit || account.freeze_credit) && !account.closed && (
        <div className="mb-5">
          <Alert kind="warn" title={words.frozen}>
            {[account.freeze_debit && words.frozenOut, account.freeze_credit && words.frozenIn]
              .filter(Boolean)
              .join('. ')}
            . {words.frozenAbout}
          </Alert>
        </div>
      )}
      <section className="panel mb-5 flex flex-wrap items-end gap-x-10 gap-y-4 p-5 sm:p-6">
        <div>
          <p className="text-sm text-ink-3">{words.available}</p>
          <Money minor={account.available} asset={asset} scale={scale} size="3xl" />
        </div>
        <Figure label={words.balance} minor={account.balance} account={account} />
        <Figure label={words.held} minor={account.debits_pending} account={account} />
        {!isZero(account.credits_pending) && (
          <Figure label={words.incoming} minor={account.credits_pending} account={account} />
        )}
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {account.closed && <Badge>{words.closed}</Badge>}
          {(account.freeze_debit || account.freeze_credit) && (
            <Badge mood="bad" icon={<Snowflake aria-hidden className="size-3" />}>
              {words.frozen}
            </Badge>
          )}
          {account.floor && !isZero(account.floor) && (
            <span className="text-sm text-ink-3">
              {words.overdraft(written(account.floor.replace('-', '')))}
            </span>
          )}
          <Button
            size="sm"
            icon={<CalendarClock aria-hidden className="size-4" />}
            onClick={() => setLooking(true)}
          >
            {words.earlier}
          </Button>
          {mayFreeze && (
            <Button
              size="sm"
              icon={<Snowflake aria-hidden className="size-4" />}
              onClick={() => set({ freeze: 'yes' })}
            >
              {money.freeze.action}
            </Button>
          )}
          {mayPlace && (
            <Button
              size="sm"
              icon={<Hourglass aria-hidden className="size-4" />}
              onClick={() => set({ hold: 'new' })}
            >
              {money.holds.place}
            </Button>
          )}
        </div>
      </section>
      <Held account={account} />
      {search['freeze'] && (
        <FreezeDialog account={account} mayLift={false} onClose={() => set({ freeze: undefined })} />
      )}
      {search['hold'] && <PlaceHold account={account} onClose={() => set({ hold: undefined })} />}
      <Movements account={account} onExport={() => setExporting(true)} />
      <ExportDialog
        {...{ account, firstDay, lastDay }}
        open={exporting}
        onClose={() => setExporting(false)}
      />
      <BalanceThen account={account} open={looking} onClose={() => setLooking(false)} />
    </Page>
  );
}

/** What is held on it. It stays while the page is there: the receipt of what ended it is still to be read. */
function Held({ account }: { account: Account }) {
  const isHeld = !isZero(account.debits_pending) || !isZero(account.credits_pending);
  const [shown, setShown] = useState(isHeld);
  if (isHeld && !shown) setShown(true);
  return (
    shown && (
      <Section title={money.holds.title} about={money.holds.aboutOwn} flush>
        <Holds account={account} />
      </Section>
    )
  );
}

const Figure = ({ label, minor, account }: { label: string; minor: string; account: Account }) => (
  <div>
    <p className="text-sm text-ink-3">{label}</p>
    <Money minor={minor} asset={account.asset} scale={account.scale} size="xl" className="font-medium" />
  </div>
);

/** What is listed: the days of the address, where they are days. */
function usePeriod(account: Account) {
  const { search } = useListSearch();
  const isDay = (text: string | undefined): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? '');
  const from = isDay(search['from']) ? search['from'] : undefined;
  const to = isDay(search['to']) ? search['to'] : undefined;
  return {
    from,
    to,
    isWrong: from !== undefined && to !== undefined && from > to,
    isFiltered: from !== undefined || to !== undefined,
    firstDay: from ?? account.opened_at.slice(0, 10),
    lastDay: to ?? utcDay(new Date()),
  };
}

function Movements({ account, onExport }: { account: Account; onExport: () => void }) {
  const api = useApi();
  const named = useNames();
  const { search, set, pages } = useListSearch();
  const navigate = useNavigate();
  const { from, to, isWrong, isFiltered } = usePeriod(account);
  const cursor = search['cursor'];
  const history = useQuery({
    queryKey: ['history', account.id, from, to, cursor],
    enabled: !isWrong,
    queryFn: async () => {
      const page = await ok(
        api.GET('/api/transactions/history', {
          params: {
            query: {
              account: account.id,
              limit: PAGE,
              ...(from ? { from } : {}),
              ...(to ? { to } : {}),
              ...(cursor ? { cursor } : {}),
            },
          },
        }),
      );
      const anchor = anchorOf(page.items, cursor);
      const balance = anchor
        ? await ok(
            api.GET('/api/accounts/{id}/balance', {
              params: { path: { id: account.id }, query: { at: anchor.at } },
            }),
          )
        : undefined;
      return { ...page, after: balancesAfter(page.items, account.id, anchor, balance?.balance) };
    },
  });
  const open = (tx: string | undefined) =>
    void navigate({
      to: '.',
      search: ((was: Record<string, string>) => {
        const { tx: _, tab: __, ...rest } = was;
        return tx ? { ...rest, tx } : rest;
      }) as never,
      resetScroll: false,
    });
  const other = (row: Movement) => named(row.debit === account.id ? row.credit : row.debit).name;
  const rows = isWrong ? [] : history.data?.items;
  return (
    <Section
      title={words.movements}
      about={words.newest}
      flush
      actions={
        <Button
          size="sm"
          icon={<Download aria-hidden className="size-4" />}
          disabled={isWrong}
          onClick={onExport}
        >
          {words.export}
        </Button>
      }
    >
      <search className="no-print flex flex-wrap items-end gap-3 border-b border-line px-5 py-3">
        <Field label={words.from} className="max-sm:flex-1" error={isWrong ? words.badPeriod : undefined}>
          <Input
            type="date"
            value={from ?? ''}
            onChange={(event) => set({ from: event.target.value || undefined })}
            className="min-w-36"
          />
        </Field>
        <Field label={words.to} className="max-sm:flex-1">
          <Input
            type="date"
            value={to ?? ''}
            onChange={(event) => set({ to: event.target.value || undefined })}
            className="min-w-36"
          />
        </Field>
        {isFiltered && (
          <Button tone="quiet" onClick={() => set({ from: undefined, to: undefined })}>
            {words.clear}
          </Button>
        )}
      </search>
      <Table
        label={words.movements}
        rows={rows}
        rowKey={(row) => row.id}
        onOpen={(row) => open(row.id)}
        selected={search['tx']}
        error={
          history.isError && !isWrong
            ? { ...told(history.error), onRetry: () => void history.refetch() }
            : null
        }
        empty={
          <EmptyState
            icon={<Inbox aria-hidden />}
            title={isFiltered ? words.noneInPeriod : words.noMovements}
            action={
              isFiltered && (
                <Button onClick={() => set({ from: undefined, to: undefined })}>{words.clear}</Button>
              )
            }
          >
            {isFiltered ? words.noneInPeriodAbout : words.noMovementsAbout}
          </EmptyState>
        }
        pagination={<Pagination {...pages(history.data?.next)} shown={rows?.length} />}
        columns={[
          {
            id: 'who',
            header: words.who,
            cell: (row) => (
              <span className="flex items-center gap-2.5">
                <span className="grid size-7 shrink-0 place-items-center rounded-full bg-sunken text-ink-3 max-sm:hidden">
                  {row.debit === account.id ? (
                    <ArrowUpRight aria-hidden className="size-4" />
                  ) : (
                    <ArrowDownLeft aria-hidden className="size-4 text-good" />
                  )}
                </span>
                <span className="figures sm:whitespace-nowrap">{other(row)}</span>
              </span>
            ),
          },
          {
            id: 'memo',
            header: words.memo,
            wideOnly: true,
            className: 'max-w-56 truncate',
            cell: (row) => <span className="text-ink-2">{textOf(row.details, 'memo') ?? ''}</span>,
          },
          {
            id: 'at',
            header: words.at,
            cell: (row) => (
              <span className="text-ink-2">
                <Timestamp at={row.at} />
              </span>
            ),
          },
          {
            id: 'amount',
            header: words.amount,
            align: 'right',
            cell: (row) => (
              <Money minor={signedAmount(row, account.id)} asset={row.asset} scale={account.scale} signed />
            ),
          },
          {
            id: 'after',
            header: words.after,
            align: 'right',
            cell: (row) => {
              const after = history.data?.after.get(row.id);
              return after === undefined ? (
                <span title={words.unknownAfter} className="text-ink-3">
                  –
                </span>
              ) : (
                <Money minor={after} asset={account.asset} scale={account.scale} className="text-ink-2" />
              );
            },
          },
        ]}
      />
      <MovementDrawer
        id={search['tx']}
        account={account}
        tab={search['tab'] ?? 'details'}
        onTab={(tab) =>
          void navigate({
            to: '.',
            search: ((was: Record<string, string>) => ({ ...was, tab })) as never,
            replace: true,
            resetScroll: false,
          })
        }
        onClose={() => open(undefined)}
      />
    </Section>
  );
}

/**
 * The newest movement of a page that the balance of an instant can be tied to: none that shares its instant with the page
 * before, for that balance counts all of an instant.
 */
function anchorOf(rows: readonly Movement[], cursor: string | undefined): Movement | undefined {
  const micros = cursor?.split('.')[0];
  return rows.find((row) => microsOf(row.at) !== micros);
}

/** Microseconds since 1970 of a time with microseconds, as cursors have them. */
const microsOf = (at: string): string => `${Date.parse(`${at.slice(0, 23)}Z`)}${at.slice(23, 26)}`;

/** The balance after each movement, exact: whole minor units, walked from one that the bank told. */
function balancesAfter(
  rows: readonly Movement[],
  account: string,
  anchor: Movement | undefined,
  told: string | undefined,
): Map<string, string> {
  const after = new Map<string, string>();
  if (!anchor || told === undefined) return after;
  let balance = BigInt(told);
  for (const row of rows.slice(rows.indexOf(anchor))) {
    after.set(row.id, balance.toString());
    balance -= BigInt(row.debit === row.credit ? '0' : signedAmount(row, account));
  }
  return after;
}
