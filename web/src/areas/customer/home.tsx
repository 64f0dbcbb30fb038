import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  ArrowUpRight,
  Clock,
  Eye,
  Landmark,
  Plus,
  Send,
  ShieldCheck,
  Snowflake,
  TriangleAlert,
} from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useApi, useSessionSource, useSignedIn } from '../../app/session';
import { groupedNumber } from '../../bank';
import { shell } from '../../text';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import {
  Badge,
  Button,
  buttonClass,
  CopyButton,
  EmptyState,
  ErrorState,
  formatMoney,
  Money,
  Page,
  Section,
  Skeleton,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import {
  type Account,
  type Movement,
  newUntil,
  signedAmount,
  textOf,
  useAccounts,
  useNames,
  usePayees,
} from './data';
import { OpenAccount } from './open-account';

const words = customer.home;
const LAST = 8;
const COOLING_SHOWN = 3;

/** What do I have, and what needs me. */
export function Home() {
  const { name } = useSignedIn();
  const accounts = useAccounts();
  const [opening, setOpening] = useState(false);
  const has = accounts.data && accounts.data.length > 0;
  return (
    <Page
      title={words.title(name)}
      about={words.about}
      actions={
        has && (
          <Link to="/transfer" className={buttonClass('primary')}>
            <Send aria-hidden className="size-4" />
            {customer.menu.transfer}
          </Link>
        )
      }
    >
      {accounts.isError ? (
        <div className="panel">
          <ErrorState {...told(accounts.error)} onRetry={() => void accounts.refetch()} />
        </div>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18rem]">
          <div className="grid min-w-0 gap-5 max-lg:contents">
            <section aria-labelledby="home-accounts" className="max-lg:order-1">
              <div className="mb-2 flex items-center justify-between">
                <h2 id="home-accounts" className="text-lg font-semibold">
                  {words.accounts}
                </h2>
                {has && (
                  <Button
                    size="sm"
                    tone="quiet"
                    icon={<Plus aria-hidden className="size-4" />}
                    onClick={() => setOpening(true)}
                  >
                    {customer.account.openOther}
                  </Button>
                )}
              </div>
              {accounts.isPending ? (
                <div className="panel p-5">
                  <SkeletonLines lines={2} />
                </div>
              ) : has ? (
                <ul className="grid gap-3 sm:grid-cols-2">
                  {accounts.data.map((account) => (
                    <AccountCard key={account.id} account={account} />
                  ))}
                </ul>
              ) : (
                <div className="panel">
                  <EmptyState
                    icon={<Landmark aria-hidden />}
                    title={words.empty}
                    action={
                      <Button
                        tone="primary"
                        icon={<Plus aria-hidden className="size-4" />}
                        onClick={() => setOpening(true)}
                      >
                        {customer.account.open}
                      </Button>
                    }
                  >
                    {words.emptyAbout}
                  </EmptyState>
                </div>
              )}
            </section>
            {has && (
              <div className="min-w-0 max-lg:order-3">
                <LastMovements />
              </div>
            )}
          </div>
          <aside className="min-w-0 max-lg:contents">
            <div className="max-lg:order-2">
              <Attention accounts={accounts.data ?? []} />
            </div>
            <div className="max-lg:order-4">
              <DeviceBadge />
            </div>
          </aside>
        </div>
      )}
      {opening && <OpenAccount onClose={() => setOpening(false)} />}
    </Page>
  );
}

function AccountCard({ account }: { account: Account }) {
  const { asset, scale, number, available, balance, debits_pending: held } = account;
  const isFrozen = account.freeze_credit || account.freeze_debit;
  const hasHeld = !/^0+$/.test(held);
  return (
    <li className="panel relative grid gap-3 p-5 hover:border-line-strong">
      <div className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <Link
            to="/accounts/$id"
            params={{ id: account.id } as never}
            className="font-medium no-underline after:absolute after:inset-0 after:rounded-xl focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
          >
            {intents.accountIn(asset)}
          </Link>
          <p className="flex items-center gap-1 text-sm text-ink-3">
            <span className="figures truncate">{groupedNumber(number)}</span>
            <span className="relative z-10">
              <CopyButton
                value={number}
                label={`${customer.account.copyNumber}: ${intents.accountIn(asset)}`}
              />
            </span>
          </p>
        </div>
        {account.closed ? (
          <Badge>{customer.account.closed}</Badge>
        ) : (
          isFrozen && (
            <Badge mood="bad" icon={<Snowflake aria-hidden className="size-3" />}>
              {customer.account.frozen}
            </Badge>
          )
        )}
      </div>
      <div>
        <Money minor={available} asset={asset} scale={scale} size="3xl" className="text-[1.75rem]" />
        <p className="text-sm text-ink-3">
          {customer.account.available}
          {(hasHeld || available !== balance) && (
            <>
              {' · '}
              {customer.account.balance} <Money minor={balance} asset={asset} scale={scale} size="sm" />
            </>
          )}
          {hasHeld && (
            <>
              {' · '}
              {words.alsoHeld(formatMoney(held, asset, scale))}
            </>
          )}
        </p>
      </div>
    </li>
  );
}

interface Due {
  id: string;
  icon: ReactNode;
  title: string;
  about: ReactNode;
  to?: { label: string; href: string };
}

/** Whatever waits for this person, the most urgent first. */
function Attention({ accounts }: { accounts: readonly Account[] }) {
  const api = useApi();
  const { userId } = useSignedIn();
  const payees = usePayees().data ?? [];
  const approvals = useQuery({
    queryKey: ['approvals', userId],
    queryFn: () => ok(api.GET('/api/approvals', { params: { query: { status: 'waiting' } } })),
  });
  const profile = useQuery({
    queryKey: ['profile', userId],
    queryFn: () => ok(api.GET('/api/users/{id}/profile', { params: { path: { id: userId } } })),
  });
  const scaleOf = (asset: string) => accounts.find((account) => account.asset === asset)?.scale;
  const now = Date.now();
  const due: Due[] = [
    ...(profile.data?.alerts ?? []).map((alert) => ({
      id: alert.certificate,
      icon: <TriangleAlert aria-hidden className="text-warn" />,
      title: alert.code === 'rotation-due' ? words.keyDue : (shell.alerts[alert.code] ?? alert.code),
      about: (
        <>
          {words.keyBy} <Timestamp at={alert.required_at} precision="day" />
        </>
      ),
      to: { label: words.toSecurity, href: '/security' },
    })),
    ...accounts
      .filter((account) => !account.closed && (account.freeze_debit || account.freeze_credit))
      .map((account) => ({
        id: account.id,
        icon: <Snowflake aria-hidden className="text-bad" />,
        title: words.frozen(intents.accountIn(account.asset)),
        about: customer.account.frozenAbout,
      })),
    ...(approvals.data?.items ?? []).map((waiting) => ({
      id: waiting.payment,
      icon: <Clock aria-hidden className="text-warn" />,
      title: words.waits(formatMoney(waiting.amount, waiting.asset, scaleOf(waiting.asset))),
      about: (
        <>
          {words.waitsBecause[waiting.cause]} {waiting.approvers === '2' ? words.waitsTwo : words.waitsOne}{' '}
          {words.waitsUntil} <Timestamp at={waiting.expires_at} />.
        </>
      ),
    })),
    ...payees
      .filter((payee) => payee.status === 'active' && (newUntil(payee)?.getTime() ?? 0) > now)
      .slice(0, COOLING_SHOWN)
      .map((payee) => ({
        id: payee.account,
        icon: <Clock aria-hidden className="text-accent" />,
        title: words.cooling(payee.name ?? customer.payees.gone),
        about: (
          <>
            {words.coolingAbout} <Timestamp at={newUntil(payee)?.toISOString() ?? payee.added_at} />.
          </>
        ),
      })),
  ];
  const failed = approvals.isError ? approvals : profile.isError ? profile : undefined;
  return (
    <Section title={words.needsYou} flush>
      {failed ? (
        <ErrorState {...told(failed.error)} onRetry={() => void failed.refetch()} />
      ) : approvals.isPending || profile.isPending ? (
        <div className="px-5 py-3">
          <SkeletonLines lines={2} />
        </div>
      ) : due.length === 0 ? (
        <div className="flex items-start gap-3 px-5 py-4">
          <ShieldCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
          <div>
            <p className="font-medium">{words.nothing}</p>
            <p className="text-sm text-ink-2">{words.nothingAbout}</p>
          </div>
        </div>
      ) : (
        <ul className="divide-y divide-line">
          {due.map((one) => (
            <li key={one.id} className="flex items-start gap-3 px-5 py-3.5 [&_svg]:size-5 [&_svg]:shrink-0">
              <span className="mt-0.5">{one.icon}</span>
              <div className="min-w-0 flex-1">
                <p className="font-medium">{one.title}</p>
                <p className="text-sm text-pretty text-ink-2">{one.about}</p>
                {one.to && (
                  <Link
                    to={one.to.href}
                    className="mt-1 inline-flex items-center gap-1 text-sm font-medium text-accent [&_svg]:size-3.5"
                  >
                    {one.to.label}
                    <ArrowUpRight aria-hidden />
                  </Link>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function LastMovements() {
  const api = useApi();
  const { userId } = useSignedIn();
  const navigate = useNavigate();
  const accounts = useAccounts().data ?? [];
  const named = useNames();
  const history = useQuery({
    queryKey: ['history', userId, 'last'],
    queryFn: () => ok(api.GET('/api/transactions/history', { params: { query: { limit: LAST } } })),
  });
  const mine = (movement: Movement): Account | undefined =>
    accounts.find(({ id }) => id === movement.debit) ?? accounts.find(({ id }) => id === movement.credit);
  const other = (movement: Movement) =>
    named(mine(movement)?.id === movement.debit ? movement.credit : movement.debit).name;
  return (
    <Section title={words.last} flush>
      <Table
        label={words.last}
        rows={history.data?.items}
        rowKey={(row) => row.id}
        onOpen={(row) => {
          const account = mine(row);
          if (account)
            void navigate({
              to: '/accounts/$id',
              params: { id: account.id } as never,
              search: { tx: row.id } as never,
            });
        }}
        error={history.isError ? { ...told(history.error), onRetry: () => void history.refetch() } : null}
        empty={
          <EmptyState icon={<Landmark aria-hidden />} title={customer.account.noMovements}>
            {customer.account.noMovementsAbout}
          </EmptyState>
        }
        columns={[
          {
            id: 'who',
            header: customer.account.who,
            cell: (row) => <span className="figures sm:whitespace-nowrap">{other(row)}</span>,
          },
          {
            id: 'memo',
            header: customer.account.memo,
            wideOnly: true,
            cell: (row) => (
              <span className="block max-w-24 truncate text-ink-2">{textOf(row.details, 'memo') ?? ''}</span>
            ),
          },
          {
            id: 'at',
            header: customer.account.at,
            cell: (row) => (
              <span className="text-ink-2">
                <Timestamp at={row.at} precision="day" />
              </span>
            ),
          },
          {
            id: 'amount',
            header: customer.account.amount,
            align: 'right',
            cell: (row) => {
              const account = mine(row);
              return (
                <Money
                  minor={account ? signedAmount(row, account.id) : row.amount}
                  asset={row.asset}
                  signed
                  {...(account?.asset === row.asset ? { scale: account.scale } : {})}
                />
              );
            },
          },
        ]}
      />
    </Section>
  );
}

/** Which keys act here, and how fresh they are. */
function DeviceBadge() {
  const api = useApi();
  const source = useSessionSource();
  const { userId, aal } = useSignedIn();
  const key = useQuery({
    queryKey: ['key', userId],
    enabled: aal === 3,
    queryFn: () => ok(api.GET('/api/quantum/keys/{user_id}/info', { params: { path: { user_id: userId } } })),
  });
  const tier = useQuery({
    queryKey: ['tier'],
    queryFn: async () => (await (await source.bank()).profile())?.keys.tier ?? null,
  });
  const signs = aal === 3;
  return (
    <section className="panel p-5" aria-label={words.device}>
      <div className="flex items-center gap-3">
        <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
          {signs ? <ShieldCheck aria-hidden className="size-5" /> : <Eye aria-hidden className="size-5" />}
        </span>
        <div>
          <p className="text-sm text-ink-3">{words.device}</p>
          <p className="font-medium">{signs ? words.deviceSigns : words.deviceLooks}</p>
        </div>
      </div>
      {signs && (
        <dl className="mt-4 grid gap-1.5 text-sm [&>div]:flex [&>div]:justify-between [&>div]:gap-3 [&_dd]:text-right [&_dt]:text-ink-3">
          <div>
            <dt>{words.algorithm}</dt>
            <dd>
              {key.data ? key.data.signature_algorithm.replace(/^id-/, '') : <Skeleton className="w-24" />}
            </dd>
          </div>
          <div>
            <dt>{words.keyAge}</dt>
            <dd>{key.data ? words.daysLeft(key.data.days_left) : <Skeleton className="w-24" />}</dd>
          </div>
          {tier.data && (
            <div>
              <dt>{words.custody}</dt>
              <dd>{words.tiers[tier.data]}</dd>
            </div>
          )}
        </dl>
      )}
    </section>
  );
}
