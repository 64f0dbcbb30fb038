import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import {
  ArrowDownLeft,
  ArrowUpRight,
  CalendarClock,
  Download,
  FileQuestion,
  Inbox,
  Send,
  Snowflake,
} from 'lucide-react';
import { useState } from 'react';
import { ok } from '../../api/client';
import { Problem, told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import { accountNumberOf, groupedNumber } from '../../bank';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  CopyButton,
  Day,
  Dialog,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  formatDay,
  formatMoney,
  Hash,
  Input,
  Money,
  Page,
  Pagination,
  RadioCards,
  Section,
  Skeleton,
  SkeletonLines,
  Table,
  Tabs,
  Timestamp,
} from '../../ui';
import { type Account, type Movement, signedAmount, textOf, useNames, utcDay } from './data';
import { Proof } from './proof';
import { useTransferReceipt } from './receipt';
import { Party } from './review';
import { saveFrom } from './save';

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

function Whole({ account }: { account: Account }) {
  const [exporting, setExporting] = useState(false);
  const [looking, setLooking] = useState(false);
  const { asset, scale } = account;
  const money = (minor: string) => formatMoney(minor, asset, scale);
  const isZero = (minor: string | null | undefined) => !minor || /^-?0+$/.test(minor);
  return (
    <Page
      title={words.named(asset)}
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
              {words.overdraft(money(account.floor.replace('-', '')))}
            </span>
          )}
          <Button
            size="sm"
            icon={<CalendarClock aria-hidden className="size-4" />}
            onClick={() => setLooking(true)}
          >
            {words.earlier}
          </Button>
        </div>
      </section>
      <Movements account={account} onExport={() => setExporting(true)} />
      <ExportDialog account={account} open={exporting} onClose={() => setExporting(false)} />
      <BalanceThen account={account} open={looking} onClose={() => setLooking(false)} />
    </Page>
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

function MovementDrawer({
  id,
  account,
  tab,
  onTab,
  onClose,
}: {
  id: string | undefined;
  account: Account;
  tab: string;
  onTab: (tab: string) => void;
  onClose: () => void;
}) {
  const named = useNames();
  const found = useTransferReceipt(id);
  const movement = found.data?.movement;
  const isOut = movement?.debit === account.id;
  const who = movement && named(isOut ? movement.credit : movement.debit);
  return (
    <Drawer
      open={id !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={who ? (isOut ? words.paidTo(who.name) : words.paidFrom(who.name)) : words.details}
      description={movement && <Timestamp at={movement.at} precision="second" />}
      actions={
        movement &&
        isOut &&
        !account.closed && (
          <Link
            to="/transfer"
            search={
              {
                from: account.id,
                to: accountNumberOf(movement.credit),
                amount: formatMoney(movement.amount, account.asset, account.scale).replace(/[^0-9.]/g, ''),
                ...(textOf(movement.details, 'memo') ? { memo: textOf(movement.details, 'memo') } : {}),
              } as never
            }
            className={buttonClass()}
          >
            {words.payAgain}
          </Link>
        )
      }
    >
      {found.isError ? (
        <ErrorState
          {...told(found.error)}
          {...(found.error instanceof Problem && found.error.status === 404 ? { title: words.noSuch } : {})}
          onRetry={() => void found.refetch()}
        />
      ) : !movement || !who ? (
        <SkeletonLines lines={6} />
      ) : (
        <>
          <p className="mb-3">
            <Money
              minor={signedAmount(movement, account.id)}
              asset={movement.asset}
              scale={account.scale}
              size="3xl"
              signed
            />
          </p>
          <Tabs
            label={words.details}
            value={tab === 'proof' ? 'proof' : 'details'}
            onChange={onTab}
            tabs={[
              {
                id: 'details',
                label: words.details,
                panel: (
                  <Facts
                    items={[
                      [isOut ? words.payee : words.payer, <Party key="who" named={who} />],
                      textOf(movement.details, 'memo') !== undefined && [
                        words.memo,
                        textOf(movement.details, 'memo'),
                      ],
                      textOf(movement.details, 'end_to_end_id') !== undefined && [
                        words.endToEnd,
                        textOf(movement.details, 'end_to_end_id'),
                      ],
                      [words.posted, <Timestamp key="at" at={movement.at} precision="second" />],
                      Boolean(movement.value_on) && [
                        words.valueDate,
                        <Day key="value" day={movement.value_on ?? ''} />,
                      ],
                      Boolean(movement.rate) && [words.rate, movement.rate],
                      [words.reference, <Hash key="intent" value={movement.intent_id} whole />],
                      movement.id !== movement.intent_id && [
                        words.transfer,
                        <Hash key="id" value={movement.id} whole />,
                      ],
                    ]}
                  />
                ),
              },
              {
                id: 'proof',
                label: words.proof,
                panel: found.data?.receipt ? (
                  <Proof receipt={found.data.receipt} />
                ) : (
                  <EmptyState
                    icon={<FileQuestion aria-hidden />}
                    title={words.noReceipt}
                    action={
                      <Link
                        to="/statements"
                        search={
                          {
                            account: account.id,
                            from: movement.at.slice(0, 10),
                            to: movement.at.slice(0, 10),
                          } as never
                        }
                        className={buttonClass()}
                      >
                        {words.toStatement}
                      </Link>
                    }
                  >
                    {words.noReceiptAbout}
                  </EmptyState>
                ),
              },
            ]}
          />
        </>
      )}
    </Drawer>
  );
}

export const FORMATS = ['csv', 'json', 'pdf', 'camt053'] as const;
export type Format = (typeof FORMATS)[number];
const ENDINGS: Record<Format, string> = { csv: 'csv', json: 'json', pdf: 'pdf', camt053: 'xml' };

/** Where a statement is fetched from, and what its file is called. */
export const statementFile = (account: Account, from: string, to: string, format: Format) => ({
  path: `/api/customer/statements/download?account=${account.id}&from=${from}&to=${to}&format=${format}`,
  name: `statement-${account.number}-${from}-${to}.${ENDINGS[format]}`,
});

/** Saves what is listed: the same days, all of their pages. */
function ExportDialog({ account, open, onClose }: { account: Account; open: boolean; onClose: () => void }) {
  const source = useSessionSource();
  const { firstDay, lastDay } = usePeriod(account);
  const [format, setFormat] = useState<Format>('csv');
  const save = useMutation({
    mutationFn: async () => {
      const { path, name } = statementFile(account, firstDay, lastDay, format);
      await saveFrom(source.session, path, name);
    },
    onSuccess: onClose,
  });
  const failed = save.isError ? told(save.error) : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={words.exportTitle}
      description={words.exportAbout(formatDay(firstDay), formatDay(lastDay))}
      actions={
        <Button
          tone="primary"
          busy={save.isPending}
          icon={<Download aria-hidden className="size-4" />}
          onClick={() => save.mutate()}
        >
          {words.save}
        </Button>
      }
    >
      <div className="grid gap-3">
        {failed && (
          <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
            {failed.detail}
          </Alert>
        )}
        <RadioCards
          name="format"
          legend={words.format}
          value={format}
          onChange={setFormat}
          options={FORMATS.map((one) => ({
            value: one,
            label: words.formats[one].name,
            about: words.formats[one].about,
          }))}
        />
      </div>
    </Dialog>
  );
}

const MIDNIGHT = '23:59';

/** What the balance was. */
function BalanceThen({ account, open, onClose }: { account: Account; open: boolean; onClose: () => void }) {
  const api = useApi();
  const [day, setDay] = useState(() => utcDay(new Date()));
  const [time, setTime] = useState(MIDNIGHT);
  const at =
    /^\d{4}-\d\d-\d\d$/.test(day) && /^\d\d:\d\d$/.test(time) ? `${day}T${time}:59.999999Z` : undefined;
  const balance = useQuery({
    queryKey: ['balance', account.id, at],
    enabled: open && at !== undefined,
    queryFn: () =>
      ok(
        api.GET('/api/accounts/{id}/balance', {
          params: { path: { id: account.id }, query: at ? { at } : {} },
        }),
      ),
  });
  const failed = balance.isError ? told(balance.error) : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={words.earlier}
      description={words.earlierAbout}
    >
      <div className="grid gap-4">
        <div className="grid grid-cols-2 gap-3">
          <Field label={words.day}>
            <Input type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          </Field>
          <Field label={words.time}>
            <Input type="time" value={time} onChange={(event) => setTime(event.target.value)} />
          </Field>
        </div>
        {failed ? (
          <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
            {failed.detail}
          </Alert>
        ) : (
          <div className="rounded-lg bg-sunken px-4 py-3" role="status">
            <p className="text-sm text-ink-3">{words.balanceAt}</p>
            {balance.data ? (
              <Money
                minor={balance.data.balance}
                asset={balance.data.asset}
                scale={balance.data.scale}
                size="xl"
              />
            ) : (
              <Skeleton className="my-1.5 w-32" />
            )}
          </div>
        )}
      </div>
    </Dialog>
  );
}
