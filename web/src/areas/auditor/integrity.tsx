import { useQuery } from '@tanstack/react-query';
import { CalendarCheck, Download, Play, Square } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { saveText } from '../../app/save';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import { type Bank, type Checkpoint, IntentError } from '../../bank';
import { auditor } from '../../text/en/auditor';
import {
  Alert,
  Badge,
  Button,
  Day,
  EmptyState,
  ErrorState,
  Facts,
  formatCount,
  Hash,
  IconButton,
  Money,
  Page,
  Pagination,
  RadioCards,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { type Finding, type Head, newestHead, proveGrown, remember, sample, seenHeads, walk } from './log';
import { LeafLink } from './opened';

const words = auditor.integrity;
const DAYS = 31;

interface Seen extends Head {
  /** Whether it is the beginning of the newest one. */
  holds: boolean;
  isNewest: boolean;
  why?: string;
}

/** Whether the log is one log: its heads, a run over its leaves, and the days that were closed on it. */
export function Integrity() {
  const log = useHeads();
  return (
    <Page title={words.title} about={words.about}>
      <Section title={words.head}>
        {log.isPending && <SkeletonLines />}
        {log.isError && <ErrorState {...told(log.error)} onRetry={() => void log.refetch()} />}
        {log.data && (
          <Facts
            items={[
              [
                words.size,
                <span key="size" className="figures text-xl font-semibold">
                  {formatCount(log.data.checkpoint.size)}
                </span>,
              ],
              [words.root, <Hash key="root" value={log.data.head.root} whole />],
              [words.origin, log.data.checkpoint.origin],
              [
                words.signed,
                <Badge key="signed" mood="good">
                  {auditor.report.proved}
                </Badge>,
              ],
            ]}
          />
        )}
      </Section>
      {log.data && <Run checkpoint={log.data.checkpoint} heads={log.data.seen} />}
      <Section title={words.seen} about={words.seenAbout} flush>
        <Table
          dense
          label={words.seen}
          rows={log.data?.seen.toReversed()}
          rowKey={(one) => `${one.size} ${one.root}`}
          empty={null}
          columns={[
            {
              id: 'size',
              header: words.size,
              cell: (one) => <span className="figures">{formatCount(BigInt(one.size))}</span>,
            },
            { id: 'root', header: words.root, cell: (one) => <Hash value={one.root} /> },
            {
              id: 'seen',
              header: words.seenAt,
              cell: (one) => <Timestamp at={one.seenAt} precision="second" />,
            },
            {
              id: 'holds',
              header: '',
              cell: (one) => (
                <Badge mood={one.holds ? 'good' : 'bad'}>
                  {one.isNewest ? words.newest : one.holds ? words.consistent : words.differs}
                </Badge>
              ),
            },
            {
              id: 'download',
              header: '',
              align: 'right',
              cell: (one) => (
                <IconButton
                  size="sm"
                  label={words.downloadHead(one.size)}
                  onClick={() => saveText(one.note, `head-${one.size}.txt`, 'text/plain')}
                >
                  <Download aria-hidden className="size-4" />
                </IconButton>
              ),
            },
          ]}
        />
      </Section>
      <Days />
    </Page>
  );
}

/** The newest head, and every one that was seen before, each proved to be its beginning. */
function useHeads() {
  const api = useApi();
  const source = useSessionSource();
  return useQuery({
    queryKey: ['log', 'heads'],
    staleTime: 0,
    queryFn: async () => {
      const bank: Bank = await source.bank();
      const { head, checkpoint } = await newestHead(api, bank);
      const before = (await seenHeads(bank)).filter(
        (one) => one.size !== head.size || one.root !== head.root,
      );
      const seen: Seen[] = [];
      for (const one of before) {
        try {
          await proveGrown(api, bank, one, checkpoint);
          seen.push({ ...one, holds: true, isNewest: false });
        } catch (error) {
          // A proof that fails is a finding; an answer that does not come is none.
          if (!(error instanceof IntentError)) throw error;
          seen.push({ ...one, holds: false, isNewest: false, why: error.message });
        }
      }
      await remember(bank, head);
      const kept = (await seenHeads(bank)).find((one) => one.size === head.size && one.root === head.root);
      seen.push({ ...(kept ?? head), holds: true, isNewest: true });
      return { head, checkpoint, seen };
    },
  });
}

type State =
  | { phase: 'idle' }
  | { phase: 'running'; done: bigint; total: bigint; rate: number }
  | { phase: 'found'; finding: Finding; how: How; total: bigint }
  | { phase: 'stopped' }
  | { phase: 'error'; error: unknown };
type How = 'every' | 'sample';

const PERCENT = 100;

function Run({ checkpoint, heads }: { checkpoint: Checkpoint; heads: readonly Head[] }) {
  const api = useApi();
  const [how, setHow] = useState<How>('every');
  const [state, setState] = useState<State>({ phase: 'idle' });
  const running = useRef<AbortController>(undefined);

  const start = async () => {
    const stop = new AbortController();
    running.current = stop;
    const began = performance.now();
    const total = how === 'every' ? checkpoint.size : 0n;
    setState({ phase: 'running', done: 0n, total, rate: 0 });
    const options = {
      heads,
      signal: stop.signal,
      onProgress: (done: bigint, of: bigint) => {
        const rate = Math.round((Number(done) * 1000) / Math.max(performance.now() - began, 1));
        setState({ phase: 'running', done, total: of, rate });
      },
    };
    try {
      const finding = await (how === 'every' ? walk : sample)(api, checkpoint, options);
      setState({ phase: 'found', finding, how, total: checkpoint.size });
    } catch (error) {
      setState(stop.signal.aborted ? { phase: 'stopped' } : { phase: 'error', error });
    }
  };
  const isRunning = state.phase === 'running';
  const percent = isRunning && state.total > 0n ? Number((state.done * BigInt(PERCENT)) / state.total) : 0;
  return (
    <Section title={words.run} about={words.runAbout}>
      <div className="grid gap-4">
        <RadioCards
          name="how"
          legend={words.which}
          value={how}
          onChange={(next) => !isRunning && setHow(next)}
          options={[
            { value: 'every', label: words.every, about: words.everyAbout },
            { value: 'sample', label: words.sample, about: words.sampleAbout },
          ]}
        />
        <div>
          {isRunning ? (
            <Button icon={<Square aria-hidden className="size-4" />} onClick={() => running.current?.abort()}>
              {words.stop}
            </Button>
          ) : (
            <Button
              tone="primary"
              icon={<Play aria-hidden className="size-4" />}
              onClick={() => void start()}
            >
              {state.phase === 'idle' ? words.start : words.again}
            </Button>
          )}
        </div>
        {isRunning && (
          <div>
            <progress
              aria-label={words.progress}
              max={PERCENT}
              value={percent}
              className="block h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
            />
            <p className="figures mt-1.5 flex justify-between text-sm text-ink-2">
              <span>{words.done(formatCount(state.done), formatCount(state.total))}</span>
              <span>{words.rate(formatCount(state.rate))}</span>
            </p>
          </div>
        )}
        <div aria-live="polite">
          {state.phase === 'found' && <Found {...state} />}
          {state.phase === 'stopped' && <Alert kind="warn" title={words.stopped} />}
          {state.phase === 'error' && <Alert kind="bad" {...shownError(state.error)} />}
        </div>
        <p className="text-sm text-pretty text-ink-3">{words.notCovered}</p>
      </div>
    </Section>
  );
}

const shownError = (error: unknown) => {
  const { title, detail, requestId } = told(error);
  return { title, children: detail, requestId };
};

function Found({ finding, how }: { finding: Finding; how: How }) {
  if (!finding.ok) {
    const at = finding.at.toString();
    const why = {
      head: words.headDiffers(at),
      root: words.rootDiffers,
      leaf: words.leafDiffers(at),
      short: words.short,
    }[finding.why];
    return (
      <Alert kind="bad" title={words.failed}>
        {why} {words.failedAbout}
      </Alert>
    );
  }
  const count = formatCount(finding.leaves);
  return (
    <Alert kind="good" title={how === 'every' ? words.passedAll(count) : words.passedSample(count)}>
      {finding.heads > 0 && words.passedHeads(finding.heads)}
    </Alert>
  );
}

function Days() {
  const api = useApi();
  const { search, pages } = useListSearch();
  const cursor = search['cursor'];
  const days = useQuery({
    queryKey: ['days', cursor],
    queryFn: () =>
      ok(
        api.GET('/api/audit/days', {
          params: { query: { limit: DAYS, ...(cursor ? { cursor: Number(cursor) } : {}) } },
        }),
      ),
  });
  return (
    <Section title={words.days} about={words.daysAbout} flush>
      <Table
        label={words.days}
        rows={days.data?.items}
        rowKey={(one) => one.day}
        error={days.isError ? { ...told(days.error), onRetry: () => void days.refetch() } : null}
        empty={
          <EmptyState icon={<CalendarCheck aria-hidden />} title={words.noDays}>
            {words.noDaysAbout}
          </EmptyState>
        }
        columns={[
          { id: 'day', header: words.day, cell: (one) => <Day day={one.day} /> },
          { id: 'leaf', header: words.leaf, cell: (one) => <LeafLink leaf={one.leaf} /> },
          {
            id: 'balanced',
            header: '',
            cell: (one) => (
              <Badge mood={one.balanced ? 'good' : 'bad'}>
                {one.balanced ? words.balanced : words.notBalanced}
              </Badge>
            ),
          },
          {
            id: 'sums',
            header: words.debits,
            align: 'right',
            cell: (one) => (
              <span className="grid justify-items-end">
                {one.assets.map((asset) => (
                  <Money key={asset.asset} minor={asset.debits} asset={asset.asset} size="sm" />
                ))}
              </span>
            ),
          },
          {
            id: 'credits',
            header: words.credits,
            align: 'right',
            cell: (one) => (
              <span className="grid justify-items-end">
                {one.assets.map((asset) => (
                  <Money key={asset.asset} minor={asset.credits} asset={asset.asset} size="sm" />
                ))}
              </span>
            ),
          },
        ]}
        pagination={<Pagination {...pages(days.data?.next)} shown={days.data?.items.length} />}
      />
    </Section>
  );
}
