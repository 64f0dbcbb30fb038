import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, ChevronDown, ChevronUp } from 'lucide-react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useApi } from '../../app/session';
import { common } from '../../text';
import { manager } from '../../text/en/manager';
import {
  Button,
  cx,
  ErrorState,
  Facts,
  formatRelative,
  Hash,
  IconButton,
  Money,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { AccountName, Person } from '../staff/people';
import { ApprovalState, isUrgent, Marks } from './approval-parts';
import { type Approval, memoOf, useApproval, useDecided, useTransfer } from './data';
import { Decide } from './decide';
import { Risk } from './risk';

const words = manager.approvals;
const HISTORY = 10;

interface DetailProps {
  payment: string;
  /** Where there is no queue beside it. */
  alone?: boolean;
  onBack: () => void;
  onNext?: (() => void) | undefined;
  onPrevious?: (() => void) | undefined;
}

/** One payment: what it is about, the decision, and what came before. */
export function Detail({ payment, alone, onBack, onNext, onPrevious }: DetailProps) {
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
                  <ApprovalState status={approval.status} />
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
          {found.data?.risk && <Risk risk={found.data.risk} />}
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
                  <ApprovalState status={one.status} />
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
