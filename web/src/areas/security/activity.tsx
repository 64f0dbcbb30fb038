import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useEffect, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useApi, useSessionSource, useSignedIn } from '../../app/session';
import { common } from '../../text';
import { security } from '../../text/en/security';
import { Alert, Badge, Button, EmptyState, Section, Table, Timestamp } from '../../ui';

const words = security.activity;
/** So far back, in leaves of the whole bank: beyond that the auditor's page is the place. */
const BACK = 20_000n;
const SHOWN = 100;
const NOTEWORTHY = Object.keys(words.kinds);

interface Entry {
  leaf: string;
  kind: string;
  at: string;
  outcome: string;
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' &&
  value !== null &&
  ['leaf', 'kind', 'at', 'outcome'].every((name) => name in value);

/** What happened to one's own access. */
export function Activity() {
  const { role } = useSignedIn();
  return (
    <Section flush title={words.title} about={words.about}>
      {role === 'auditor_clerk' ? <FromTrail /> : <FromStream />}
    </Section>
  );
}

/** An auditor clerk is told of everybody in the stream: their own is in the trail. */
function FromTrail() {
  const api = useApi();
  const { userId } = useSignedIn();
  const trail = useQuery({
    queryKey: ['own-trail', userId],
    queryFn: () => ok(api.GET('/api/audit/logs', { params: { query: { user: userId, limit: SHOWN } } })),
  });
  const rows = trail.data?.items.filter(({ kind }) => NOTEWORTHY.includes(kind));
  return (
    <Entries
      rows={rows}
      error={trail.isError ? { ...told(trail.error), onRetry: () => void trail.refetch() } : null}
    />
  );
}

/** Blocks of a stream of events, one after the other: the data of each. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string | undefined> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trim());
      yield data.length > 0 ? data.join('\n') : undefined;
    }
  }
}

function FromStream() {
  const source = useSessionSource();
  const [entries, setEntries] = useState<readonly Entry[]>();
  const [broken, setBroken] = useState(false);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a further attempt is a further stream
  useEffect(() => {
    const stop = new AbortController();
    const { session } = source;
    const read = async () => {
      const note = await session.bank.transport.send({ method: 'GET', path: '/api/log/checkpoint' });
      const size = BigInt(new TextDecoder().decode(note.bytes).split('\n')[1] ?? '0');
      const after = size > BACK ? size - BACK : 0n;
      const answer = await session.fetch(`/api/events?after=${after}`, {
        signal: stop.signal,
        headers: { accept: 'text/event-stream' },
      });
      if (!answer.ok || !answer.body) throw new Error('no stream');
      setBroken(false);
      for await (const data of eventsOf(answer.body)) {
        const entry: unknown = data ? JSON.parse(data) : undefined;
        // A line without data says how far the bank has looked: nothing more is behind it.
        if (!isEntry(entry)) setEntries((shown) => shown ?? []);
        else if (NOTEWORTHY.includes(entry.kind)) {
          setEntries((shown = []) =>
            shown.some(({ leaf }) => leaf === entry.leaf) ? shown : [entry, ...shown].slice(0, SHOWN),
          );
        }
      }
      throw new Error('the stream ended');
    };
    read().catch(() => {
      if (!stop.signal.aborted) setBroken(true);
    });
    return () => stop.abort();
  }, [source, attempt]);
  return (
    <>
      {broken && (
        <div className="p-4">
          <Alert
            kind="warn"
            action={
              <Button size="sm" onClick={() => setAttempt(attempt + 1)}>
                {common.tryAgain}
              </Button>
            }
          >
            {words.broken}
          </Alert>
        </div>
      )}
      <Entries rows={entries ?? (broken ? [] : undefined)} error={null} />
    </>
  );
}

const BAD = [
  'login.failed',
  'login.locked',
  'login.place_new',
  'device.revoke',
  'certificate.revoke',
  'user.lock',
];

function Entries({
  rows,
  error,
}: {
  rows: readonly Entry[] | undefined;
  error: { title: string; detail?: string; requestId?: string; onRetry: () => void } | null;
}) {
  return (
    <Table
      dense
      label={words.label}
      rows={rows}
      rowKey={({ leaf }) => leaf}
      error={error}
      empty={
        <EmptyState icon={<History aria-hidden />} title={words.empty}>
          {words.emptyAbout}
        </EmptyState>
      }
      columns={[
        { id: 'when', header: words.when, cell: ({ at }) => <Timestamp at={at} precision="second" /> },
        {
          id: 'what',
          header: words.what,
          cell: ({ kind, outcome }) => (
            <span className="flex flex-wrap items-center gap-2">
              <span className={BAD.includes(kind) ? 'font-medium text-warn' : ''}>
                {words.kinds[kind] ?? kind}
              </span>
              {outcome === 'refused' && <Badge mood="bad">{words.refused}</Badge>}
            </span>
          ),
        },
        {
          id: 'leaf',
          header: words.leaf,
          align: 'right',
          wideOnly: true,
          cell: ({ leaf }) => <span className="figures text-ink-3">{leaf}</span>,
        },
      ]}
    />
  );
}
