import { ClipboardCheck, Inbox } from 'lucide-react';
import { useEffect } from 'react';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useSignedIn } from '../../app/session';
import { manager } from '../../text/en/manager';
import {
  Button,
  cx,
  EmptyState,
  ErrorState,
  formatRelative,
  Money,
  Page,
  SkeletonLines,
  Table,
  Tabs,
  Timestamp,
  useShortcuts,
} from '../../ui';
import { Person } from '../staff/people';
import { Detail } from './approval';
import { ApprovalState, isUrgent, Marks } from './approval-parts';
import { type Approval, offeredTo, useDecided, useQueue } from './data';

const words = manager.approvals;

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
            cell: (one) => <ApprovalState status={one.status} />,
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
