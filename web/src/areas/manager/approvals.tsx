import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, Check, ChevronDown, ChevronUp, ClipboardCheck, Inbox, Users, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { type Bodies, type Prepared, wish } from '../../bank';
import { common } from '../../text';
import { manager } from '../../text/en/manager';
import {
  Alert,
  Badge,
  Button,
  cx,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  formatRelative,
  Hash,
  IconButton,
  Key,
  Money,
  type Mood,
  Page,
  Section,
  SkeletonLines,
  Table,
  Tabs,
  Textarea,
  Timestamp,
  useShortcuts,
} from '../../ui';
import { AccountName, Person } from '../staff/people';
import { type Outcome, SignDialog } from '../staff/signing';
import {
  type Approval,
  memoOf,
  offeredTo,
  useApproval,
  useDecided,
  useMay,
  useQueue,
  useTransfer,
} from './data';

const words = manager.approvals;
type Decision = Bodies['approval.decide']['decision'];

const HISTORY = 10;
const REASON_MAX = 140;
const MOODS: Record<string, Mood> = {
  waiting: 'warn',
  approved: 'good',
  rejected: 'bad',
  expired: 'neutral',
};

/** The approval queue: what waits, what it is about, and the decision, which is signed. */
export function Approvals() {
  const { search, set } = useListSearch();
  const tab = search['tab'] === 'decided' ? 'decided' : 'waiting';
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabsLabel}
        value={tab}
        onChange={(next) => set({ tab: next === 'waiting' ? undefined : next, payment: undefined })}
        tabs={[
          { id: 'waiting', label: words.tabs.waiting, panel: <Waiting /> },
          { id: 'decided', label: words.tabs.decided, panel: <Decided /> },
        ]}
      />
    </Page>
  );
}

function Waiting() {
  const { search, set } = useListSearch();
  const session = useSignedIn();
  const queue = useQueue();
  const items = queue.data?.items.filter(offeredTo(session)) ?? [];
  const chosen = search['payment'];
  const at = items.findIndex((one) => one.payment === chosen);
  const choose = (payment: string | undefined) => set({ payment });
  const move = (by: number) => {
    // What was decided meanwhile is no longer among them: then the first one is next.
    const next = items[at < 0 ? 0 : at + by];
    if (next) choose(next.payment);
  };
  useShortcuts({ j: () => move(1), k: () => move(-1) });
  useEffect(() => {
    if (chosen)
      document.querySelector(`[data-payment="${CSS.escape(chosen)}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  if (queue.isError) return <ErrorState {...told(queue.error)} onRetry={() => void queue.refetch()} />;
  if (queue.data && items.length === 0 && !chosen)
    return (
      <div className="panel">
        <EmptyState
          icon={<Inbox aria-hidden />}
          title={words.empty}
          action={<Button onClick={() => set({ tab: 'decided' })}>{words.seeDecided}</Button>}
        >
          {words.emptyAbout}
        </EmptyState>
      </div>
    );
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(18rem,24rem)_minmax(0,1fr)] lg:items-start">
      <div
        className={cx(
          'panel overflow-clip lg:sticky lg:top-20 lg:max-h-[calc(100dvh-6.5rem)] lg:overflow-y-auto',
          chosen && 'max-lg:hidden',
        )}
      >
        {queue.isPending ? (
          <div className="px-4 py-2">
            <SkeletonLines lines={6} />
          </div>
        ) : items.length === 0 ? (
          <p className="px-4 py-6 text-center text-sm text-ink-3">{words.empty}</p>
        ) : (
          <ul aria-label={words.queue}>
            {items.map((one) => (
              <QueueRow
                key={one.payment}
                approval={one}
                chosen={one.payment === chosen}
                onChoose={() => choose(one.payment)}
              />
            ))}
          </ul>
        )}
        {queue.data?.cut && (
          <p className="px-4 py-2 text-sm text-ink-3">{words.cut(queue.data.items.length)}</p>
        )}
      </div>
      {chosen ? (
        <Detail
          key={chosen}
          payment={chosen}
          onBack={() => choose(undefined)}
          onNext={at >= 0 && at < items.length - 1 ? () => move(1) : undefined}
          onPrevious={at > 0 ? () => move(-1) : undefined}
        />
      ) : (
        <div className="panel max-lg:hidden">
          <EmptyState icon={<ClipboardCheck aria-hidden />} title={words.choose}>
            {words.shortcuts}
          </EmptyState>
        </div>
      )}
    </div>
  );
}

function QueueRow({
  approval,
  chosen,
  onChoose,
}: {
  approval: Approval;
  chosen: boolean;
  onChoose: () => void;
}) {
  return (
    <li className="border-b border-line last:border-b-0">
      <button
        type="button"
        data-payment={approval.payment}
        aria-current={chosen || undefined}
        onClick={onChoose}
        className={cx(
          'grid w-full gap-1 px-4 py-3 text-left focus-visible:-outline-offset-2',
          chosen ? 'bg-accent-soft' : 'hover:bg-hover',
        )}
      >
        <span className="flex items-baseline justify-between gap-3">
          <span className="min-w-0 truncate font-medium">
            <Person id={approval.maker} />
          </span>
          <Money minor={approval.amount} asset={approval.asset} className="font-medium" />
        </span>
        <span className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 text-sm text-ink-2">
          <span>{words.causes[approval.cause] ?? approval.cause}</span>
          <time dateTime={approval.expires_at} className={cx('figures', isUrgent(approval) && 'text-warn')}>
            {formatRelative(approval.expires_at)}
          </time>
        </span>
        <Marks approval={approval} />
      </button>
    </li>
  );
}

const URGENT_MS = 4 * 3_600_000;
const isUrgent = ({ expires_at: at }: Approval): boolean => Date.parse(at) - Date.now() < URGENT_MS;

function Marks({ approval }: { approval: Approval }) {
  if (!approval.escalated && !approval.first_approver) return null;
  return (
    <span className="flex flex-wrap gap-1.5">
      {approval.escalated && (
        <Badge mood="accent" icon={<Users aria-hidden className="size-3" />}>
          {words.escalated}
        </Badge>
      )}
      {approval.first_approver && approval.status === 'waiting' && (
        <Badge mood="accent" icon={<Check aria-hidden className="size-3" />}>
          {words.oneOfTwo}
        </Badge>
      )}
    </span>
  );
}

interface DetailProps {
  payment: string;
  /** Where there is no queue beside it. */
  alone?: boolean;
  onBack: () => void;
  onNext?: (() => void) | undefined;
  onPrevious?: (() => void) | undefined;
}

function Detail({ payment, alone, onBack, onNext, onPrevious }: DetailProps) {
  const found = useApproval(payment);
  const approval = found.data;
  return (
    <div className="min-w-0">
      <div className={cx('mb-3', !alone && 'lg:hidden')}>
        <Button size="sm" tone="quiet" icon={<ArrowLeft aria-hidden className="size-4" />} onClick={onBack}>
          {alone ? words.backToDecided : words.back}
        </Button>
      </div>
      {found.isPending && (
        <Section>
          <SkeletonLines lines={8} />
        </Section>
      )}
      {found.isError && (
        <div className="panel">
          <ErrorState {...told(found.error)} onRetry={() => void found.refetch()} />
        </div>
      )}
      {approval && (
        <>
          <Section>
            <div className="flex flex-wrap items-start justify-between gap-3">
              <div className="grid gap-1.5">
                <h2>
                  <Money minor={approval.amount} asset={approval.asset} size="3xl" />
                </h2>
                <div className="flex flex-wrap items-center gap-2">
                  <Badge mood={MOODS[approval.status] ?? 'neutral'}>
                    {words.statuses[approval.status] ?? approval.status}
                  </Badge>
                  <Marks approval={approval} />
                </div>
              </div>
              <div className={cx('flex items-center gap-1 max-lg:hidden', alone && 'hidden')}>
                <IconButton
                  size="sm"
                  label={`${common.previous} (k)`}
                  disabled={!onPrevious}
                  onClick={onPrevious}
                >
                  <ChevronUp aria-hidden className="size-4" />
                </IconButton>
                <IconButton size="sm" label={`${common.next} (j)`} disabled={!onNext} onClick={onNext}>
                  <ChevronDown aria-hidden className="size-4" />
                </IconButton>
              </div>
            </div>
            <About approval={approval} />
          </Section>
          <Decide approval={approval} onNext={onNext} />
          <Before approval={approval} />
        </>
      )}
    </div>
  );
}

function About({ approval }: { approval: Approval }) {
  const transfer = useTransfer(approval.payment, approval.transfers === '1').data;
  const memo = memoOf(transfer);
  const facts = words.facts;
  return (
    <Facts
      className="mt-3 [&>div]:py-1.5"
      items={[
        [
          facts.maker,
          <Link
            key="maker"
            to="/manage/customers/$user"
            params={{ user: approval.maker }}
            className="text-accent underline-offset-2 hover:underline"
          >
            <Person id={approval.maker} />
          </Link>,
        ],
        transfer && [facts.from, <AccountName key="from" id={transfer.debit} />],
        transfer && [facts.to, <AccountName key="to" id={transfer.credit} />],
        memo !== undefined && [facts.memo, memo],
        approval.transfers !== '1' && [facts.transfers, approval.transfers],
        [facts.cause, words.causesLong[approval.cause] ?? approval.cause],
        [facts.placed, <Timestamp key="placed" at={approval.placed_at} precision="second" />],
        approval.status === 'waiting' && [
          facts.expires,
          <span key="expires">
            <Timestamp at={approval.expires_at} />{' '}
            <span className={isUrgent(approval) ? 'text-warn' : 'text-ink-3'}>
              ({formatRelative(approval.expires_at)})
            </span>
          </span>,
        ],
        [facts.approvers, words.needed(approval.approvers)],
        approval.first_approver ? [facts.first, <Person key="first" id={approval.first_approver} />] : null,
        approval.decided_at
          ? [
              facts.decided,
              <span key="decided">
                <Timestamp at={approval.decided_at} precision="second" />
                {approval.decided_by && (
                  <>
                    {' '}
                    {words.by} <Person id={approval.decided_by} />
                  </>
                )}
              </span>,
            ]
          : null,
        approval.reason ? [facts.reason, approval.reason] : null,
        [facts.payment, <Hash key="payment" value={approval.payment} />],
      ]}
    />
  );
}

function Decide({ approval, onNext }: { approval: Approval; onNext?: (() => void) | undefined }) {
  const session = useSignedIn();
  const client = useQueryClient();
  const may = useMay();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const [asked, setAsked] = useState<Prepared>();
  const [became, setBecame] = useState<Outcome>();

  const isMine = approval.maker === session.userId;
  const isFirst = approval.first_approver === session.userId;
  const waits = approval.status === 'waiting';
  const mayDecide = may('POST /api/approvals/decide') && !isMine && waits;
  const can: Record<Decision, boolean> = {
    approve: mayDecide && !isFirst,
    reject: mayDecide,
    escalate: mayDecide && approval.approvers === '1',
  };
  const decide = (decision: Decision) => {
    if (!can[decision]) return;
    const text = reason.trim();
    if (text === '') {
      setMissing(true);
      field.current?.focus();
      return;
    }
    setAsked(wish('approval.decide', { payment: approval.payment, decision, reason: text }));
  };
  useShortcuts({ a: () => decide('approve'), r: () => decide('reject'), e: () => decide('escalate') });

  const refusal = became?.refusal;
  const isStale = refusal?.code === 'payment-decided' || refusal?.code === 'payment-expired';
  return (
    <Section title={words.decide} about={waits && mayDecide ? words.decideAbout : undefined}>
      <div aria-live="polite" className="grid gap-4">
        {isStale && !waits && <WhoDecided approval={approval} />}
        {!waits ? (
          <p className="text-ink-2">{words.after[approval.status]}</p>
        ) : isMine ? (
          <p className="text-ink-2">{words.own}</p>
        ) : !mayDecide ? (
          <p className="text-ink-2">{words.notYours}</p>
        ) : (
          <>
            {isFirst && <p className="text-ink-2">{words.approvedByYou}</p>}
            <Field
              label={words.reason}
              hint={words.reasonHint}
              required
              error={missing && reason.trim() === '' ? words.reasonMissing : undefined}
            >
              <Textarea
                ref={field}
                rows={2}
                maxLength={REASON_MAX}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </Field>
            <div className="flex flex-wrap gap-2">
              <Button
                tone="primary"
                disabled={!can.approve}
                icon={<Check aria-hidden className="size-4" />}
                onClick={() => decide('approve')}
              >
                {approval.first_approver && !isFirst ? words.approveSecond : words.approve}
              </Button>
              <Button
                tone="danger"
                disabled={!can.reject}
                icon={<X aria-hidden className="size-4" />}
                onClick={() => decide('reject')}
              >
                {words.reject}
              </Button>
              <Button
                disabled={!can.escalate}
                icon={<Users aria-hidden className="size-4" />}
                onClick={() => decide('escalate')}
              >
                {words.escalate}
              </Button>
            </div>
            <p className="text-sm text-ink-3 max-lg:hidden">
              <Key>a</Key> {words.approve} · <Key>r</Key> {words.reject} · <Key>e</Key> {words.escalate}
            </p>
            {approval.approvers !== '1' && !isFirst && <p className="text-sm text-ink-3">{words.already}</p>}
          </>
        )}
        {!waits && onNext && (
          <div>
            <Button onClick={onNext}>{words.next}</Button>
          </div>
        )}
      </div>
      {asked && (
        <SignDialog
          prepared={asked}
          onClose={() => setAsked(undefined)}
          after={({ refusal: why }) => why && !waits && <WhoDecided approval={approval} />}
          onSettled={(outcome) => {
            setBecame(outcome);
            if (!outcome.refusal) setReason('');
            void client.invalidateQueries({ queryKey: ['approvals'] });
          }}
        />
      )}
    </Section>
  );
}

/** A decision that came too late: who was faster, and how it was decided. */
function WhoDecided({ approval }: { approval: Approval }) {
  return (
    <Alert
      kind="warn"
      title={
        <>
          {words.stale(words.statuses[approval.status] ?? approval.status)}
          {approval.decided_by && (
            <>
              , {words.by} <Person id={approval.decided_by} />
            </>
          )}
        </>
      }
    >
      {words.staleAbout}
      {approval.reason && <p className="mt-1 text-ink">“{approval.reason}”</p>}
    </Alert>
  );
}

/** What the maker did before: movements of the paying account, and earlier decisions. */
function Before({ approval }: { approval: Approval }) {
  const api = useApi();
  const isSingle = approval.transfers === '1';
  const transfer = useTransfer(approval.payment, isSingle).data;
  const account = transfer?.debit;
  const history = useQuery({
    queryKey: ['history', account, HISTORY],
    enabled: account !== undefined,
    queryFn: () =>
      ok(
        api.GET('/api/transactions/history', {
          params: { query: { limit: HISTORY, ...(account ? { account } : {}) } },
        }),
      ),
  });
  const decided = useDecided();
  const earlier = decided.data?.items.filter(
    (one) => one.maker === approval.maker && one.payment !== approval.payment,
  );
  const moved = history.data?.items.filter((one) => one.intent_id !== approval.payment);
  const toPayee = moved?.filter((one) => one.credit === transfer?.credit).length ?? 0;
  return (
    <Section title={words.history} flush>
      <div className="border-b border-line px-5 py-3 text-sm text-ink-2">
        {transfer === null || !isSingle ? (
          words.historyUnknown
        ) : (
          <>
            {words.historyAbout} {moved && moved.length > 0 && words.paidBefore(toPayee)}
          </>
        )}
      </div>
      {account !== undefined && (
        <Table
          dense
          label={words.history}
          rows={moved}
          rowKey={(one) => one.id}
          error={history.isError ? { ...told(history.error), onRetry: () => void history.refetch() } : null}
          empty={<p className="px-5 py-4 text-sm text-ink-3">{words.historyEmpty}</p>}
          columns={[
            { id: 'at', header: manager.customer.when, cell: (one) => <Timestamp at={one.at} /> },
            {
              id: 'with',
              header: manager.customer.counterparty,
              cell: (one) => <AccountName id={one.debit === account ? one.credit : one.debit} />,
            },
            {
              id: 'amount',
              header: manager.customer.amount,
              align: 'right',
              cell: (one) => (
                <Money
                  minor={one.debit === account ? `-${one.amount}` : one.amount}
                  asset={one.asset}
                  signed
                />
              ),
            },
          ]}
        />
      )}
      <div className="border-t border-line px-5 py-3">
        <h3 className="text-sm font-medium">{words.earlier}</h3>
        {decided.isPending ? (
          <SkeletonLines lines={1} />
        ) : earlier && earlier.length > 0 ? (
          <ul className="mt-1 divide-y divide-line text-sm">
            {earlier.slice(0, HISTORY).map((one) => (
              <li
                key={one.payment}
                className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-1.5"
              >
                <span className="flex items-center gap-2">
                  <Badge mood={MOODS[one.status] ?? 'neutral'}>
                    {words.statuses[one.status] ?? one.status}
                  </Badge>
                  <span className="text-ink-2">{one.reason}</span>
                </span>
                <Money minor={one.amount} asset={one.asset} size="sm" />
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-sm text-ink-3">{words.earlierEmpty}</p>
        )}
      </div>
    </Section>
  );
}

function Decided() {
  const { search, set } = useListSearch();
  const decided = useDecided();
  const chosen = search['payment'];
  if (chosen)
    return <Detail key={chosen} alone payment={chosen} onBack={() => set({ payment: undefined })} />;
  return (
    <div className="panel overflow-clip">
      <Table
        dense
        label={words.tabs.decided}
        rows={decided.data?.items}
        rowKey={(one) => one.payment}
        onOpen={(one) => set({ payment: one.payment })}
        error={decided.isError ? { ...told(decided.error), onRetry: () => void decided.refetch() } : null}
        empty={
          <EmptyState icon={<ClipboardCheck aria-hidden />} title={words.emptyDecided}>
            {words.emptyDecidedAbout}
          </EmptyState>
        }
        columns={[
          { id: 'maker', header: words.maker, cell: (one) => <Person id={one.maker} /> },
          {
            id: 'outcome',
            header: words.table.outcome,
            cell: (one) => (
              <Badge mood={MOODS[one.status] ?? 'neutral'}>{words.statuses[one.status] ?? one.status}</Badge>
            ),
          },
          {
            id: 'at',
            header: words.table.decided,
            cell: (one) => one.decided_at && <Timestamp at={one.decided_at} />,
          },
          {
            id: 'by',
            header: words.table.by,
            cell: (one) => (one.decided_by ? <Person id={one.decided_by} /> : '–'),
          },
          { id: 'reason', header: words.table.reason, wideOnly: true, cell: (one) => one.reason ?? '–' },
          {
            id: 'amount',
            header: words.amount,
            align: 'right',
            cell: (one) => <Money minor={one.amount} asset={one.asset} />,
          },
        ]}
        pagination={
          decided.data?.cut && (
            <p className="px-4 py-2 text-sm text-ink-3">{words.cut(decided.data.items.length)}</p>
          )
        }
      />
    </div>
  );
}
