import { useQuery } from '@tanstack/react-query';
import { CircleCheck, Pause, Play, Radio, ShieldCheck } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { ok, type Schemas } from '../../api/client';
import { problemOf, told } from '../../app/problem';
import { useApi, useSessionSource } from '../../app/session';
import { LOCALE } from '../../text';
import { plainCode, live as words } from '../../text/en/live';
import {
  Alert,
  Badge,
  type Bar,
  Bars,
  Button,
  EmptyState,
  ErrorState,
  Facts,
  formatCount,
  formatTime,
  LiveChart,
  type Mood,
  Page,
  Section,
  type Series,
  SkeletonLines,
  Sparkline,
  Timestamp,
} from '../../ui';
import { Feed, type FeedState, type Sample } from './feed';
import {
  acceptedOf,
  type Counts,
  concerns,
  milliseconds,
  perSecond,
  ranked,
  refusalsOf,
  refusedOf,
  summed,
  totalOf,
} from './figures';

type Info = Schemas['SecurityInfo'];

const NOTHING_YET: FeedState = { status: 'connecting', samples: [] };
const ROWS = 7;
const INFO_EVERY_MS = 60_000;
const SECONDS_OF_MINUTE = 60;

const figure = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const oneDecimal = (value: number): string => figure.format(value);
const ms = (value: number): string => `${figure.format(value)} ms`;
const percent = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 1 });

/** What this browser is told, by whichever of its tabs listens. */
function useFeed(): FeedState & { again: () => void } {
  const source = useSessionSource();
  const [attempt, setAttempt] = useState(0);
  const [feed, setFeed] = useState<Feed | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another feed
  useEffect(() => {
    const { session } = source;
    const made = new Feed(
      session.id,
      (path, init) => session.fetch(path, init),
      async (response) => problemOf(response, await response.json().catch(() => null)),
    );
    setFeed(made);
    return () => made.close();
  }, [source, attempt]);
  const state = useSyncExternalStore(
    feed?.subscribe ?? (() => () => undefined),
    feed?.current ?? (() => NOTHING_YET),
  );
  return { ...state, again: () => setAttempt((count) => count + 1) };
}

export function Live() {
  const feed = useFeed();
  const api = useApi();
  const info = useQuery({
    queryKey: ['security-info'],
    queryFn: () => ok(api.GET('/api/security/info')),
    refetchInterval: INFO_EVERY_MS,
  });
  const [held, setHeld] = useState<readonly Sample[] | null>(null);
  const samples = held ?? feed.samples;
  const newest = samples.at(-1);
  const pausable = feed.samples.length > 0;
  return (
    <Page
      title={words.title}
      about={words.about}
      width="wide"
      actions={
        <>
          <span className="self-center">
            <Standing status={held ? 'paused' : feed.status} />
          </span>
          {pausable && (
            <Button
              aria-pressed={held !== null}
              icon={held ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
              onClick={() => setHeld(held ? null : feed.samples)}
            >
              {held ? words.resumeAll : words.pauseAll}
            </Button>
          )}
        </>
      }
    >
      {feed.status === 'refused' ? (
        <div className="panel">
          <ErrorState {...told(feed.error)} onRetry={feed.again} />
        </div>
      ) : !newest ? (
        <Waiting feed={feed} />
      ) : (
        <>
          {held && (
            <p role="status" className="mb-4 text-sm text-ink-2">
              {words.pausedAt(formatTime(newest.at, 'second'))}
            </p>
          )}
          <Dashboard samples={samples} newest={newest} info={info.data} />
        </>
      )}
    </Page>
  );
}

const MOODS: Record<FeedState['status'] | 'paused', Mood> = {
  connecting: 'neutral',
  live: 'good',
  lost: 'warn',
  refused: 'bad',
  paused: 'neutral',
};

const Standing = ({ status }: { status: FeedState['status'] | 'paused' }) => (
  <span role="status">
    <Badge mood={MOODS[status]} icon={status === 'live' ? <Radio aria-hidden className="size-3" /> : true}>
      {words.statuses[status]}
    </Badge>
  </span>
);

function Waiting({ feed }: { feed: FeedState & { again: () => void } }) {
  return (
    <div className="panel px-5 py-4">
      {feed.status === 'lost' && feed.error ? (
        <ErrorState {...told(feed.error)} onRetry={feed.again} />
      ) : (
        <>
          <p className="text-sm text-ink-2">{words.waiting}</p>
          <SkeletonLines lines={6} />
        </>
      )}
    </div>
  );
}

function Dashboard({
  samples,
  newest,
  info,
}: {
  samples: readonly Sample[];
  newest: Sample;
  info: Info | undefined;
}) {
  const when = words.lastMinutes(Math.ceil(samples.length / SECONDS_OF_MINUTE));
  return (
    <>
      <Tiles samples={samples} newest={newest} when={when} />
      <Concerns samples={samples} info={info} />
      <Section title={words.traffic}>
        <div className="grid gap-x-10 gap-y-8 xl:grid-cols-2">
          <Traffic samples={samples} when={when} />
        </div>
      </Section>
      <div className="grid items-start gap-x-5 xl:grid-cols-3">
        <Section>
          <Refusals samples={samples} when={when} />
        </Section>
        <Section>
          <Risk samples={samples} when={when} />
        </Section>
        <Section>
          <Failures samples={samples} when={when} />
        </Section>
      </div>
      <Posture newest={newest} info={info} />
    </>
  );
}

function Tile({
  label,
  value,
  children,
  spark,
}: {
  label: string;
  value: ReactNode;
  children: ReactNode;
  spark?: readonly number[];
}) {
  return (
    <div className="panel min-w-0 px-5 py-4">
      <dt className="text-sm text-ink-3">{label}</dt>
      <dd className="mt-1 flex items-end justify-between gap-3">
        <span className="figures text-2xl font-semibold whitespace-nowrap">{value}</span>
        {spark && <Sparkline values={spark} className="h-8 w-24 shrink-0" />}
      </dd>
      <dd className="figures mt-1 text-sm text-ink-2">{children}</dd>
    </div>
  );
}

function Tiles({ samples, newest, when }: { samples: readonly Sample[]; newest: Sample; when: string }) {
  const rates = samples.map((sample) => perSecond(acceptedOf(sample) + refusedOf(sample), sample));
  const accepted = samples.reduce((sum, sample) => sum + acceptedOf(sample), 0);
  const refused = samples.reduce((sum, sample) => sum + refusedOf(sample), 0);
  const measured = samples.findLast((sample) => sample.request_latency.count > 0)?.request_latency;
  const known = samples.findLast((sample) => sample.log)?.log;
  return (
    <dl className="mb-5 grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
      <Tile label={words.tiles.throughput} value={oneDecimal(rates.at(-1) ?? 0)} spark={rates.slice(-60)}>
        {words.tiles.peak(oneDecimal(Math.max(0, ...rates)))} {when}
      </Tile>
      <Tile label={words.tiles.latency} value={measured ? ms(measured.p95_us / 1000) : '–'}>
        {measured ? words.tiles.median(ms(measured.p50_us / 1000)) : words.tiles.noRequests}
        {` · ${words.inWork}: ${newest.in_work}`}
      </Tile>
      <Tile
        label={words.tiles.refused}
        value={accepted + refused > 0 ? percent.format(refused / (accepted + refused)) : '–'}
      >
        {words.tiles.of(formatCount(refused), formatCount(accepted + refused))} {when}
      </Tile>
      <Tile label={words.tiles.log} value={known ? formatCount(BigInt(known.size)) : '–'}>
        {known?.checkpoint_signed_at ? (
          <>
            {words.tiles.signed} {formatTime(known.checkpoint_signed_at, 'second')}
          </>
        ) : (
          words.tiles.noLog
        )}
      </Tile>
    </dl>
  );
}

function Concerns({ samples, info }: { samples: readonly Sample[]; info: Info | undefined }) {
  const found = concerns(samples, info, Date.now());
  return (
    <section aria-label={words.alerts} className="mb-5">
      {found.length === 0 ? (
        <div className="panel flex items-center gap-3 px-5 py-3.5">
          <CircleCheck aria-hidden className="size-5 shrink-0 text-good" />
          <p>
            <span className="font-medium">{words.allWell}.</span>{' '}
            <span className="text-sm text-ink-2">{words.allWellAbout}</span>
          </p>
        </div>
      ) : (
        <ul className="grid gap-2 xl:grid-cols-2">
          {found.map(({ code, mood, count }) => (
            <li key={code}>
              <Alert kind={mood}>{words.concerns[code](count)}</Alert>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const times = (samples: readonly Sample[]): number[] => samples.map((sample) => Date.parse(sample.at) / 1000);
const line = (label: string, color: Series['color'], values: (number | null)[]): Series => ({
  label,
  color,
  values,
});

function Traffic({ samples, when }: { samples: readonly Sample[]; when: string }) {
  const data = useMemo(() => {
    const at = times(samples);
    return {
      decided: {
        times: at,
        series: [
          line(
            words.accepted,
            '--accent',
            samples.map((sample) => perSecond(acceptedOf(sample), sample)),
          ),
          line(
            words.refusedSeries,
            '--bad',
            samples.map((sample) => perSecond(refusedOf(sample), sample)),
          ),
        ],
      },
      requests: { times: at, series: latencies(samples, (sample) => sample.request_latency) },
      commits: { times: at, series: latencies(samples, (sample) => sample.commit_latency) },
      signIns: {
        times: at,
        series: [
          line(
            words.opened,
            '--good',
            samples.map((sample) => perSecond(sumOf(sample.sign_ins), sample)),
          ),
          line(
            words.refusedSeries,
            '--bad',
            samples.map((sample) => perSecond(sumOf(sample.sign_ins_refused), sample)),
          ),
        ],
      },
    };
  }, [samples]);
  const total = (of: (sample: Sample) => number) =>
    formatCount(samples.reduce((sum, sample) => sum + of(sample), 0));
  const requests = samples.findLast((sample) => sample.request_latency.count > 0)?.request_latency;
  const commits = samples.findLast((sample) => sample.commit_latency.count > 0)?.commit_latency;
  return (
    <>
      <LiveChart
        title={words.throughput}
        data={data.decided}
        format={oneDecimal}
        summary={() => words.throughputSummary(total(acceptedOf), total(refusedOf), when)}
      />
      <LiveChart
        title={words.latency}
        data={data.requests}
        format={oneDecimal}
        summary={() =>
          requests
            ? words.latencySummary(ms(requests.p50_us / 1000), ms(requests.p95_us / 1000))
            : words.latencyNone
        }
      />
      <LiveChart
        title={words.commits}
        data={data.commits}
        format={oneDecimal}
        summary={() =>
          commits
            ? words.commitsSummary(
                total((sample) => sample.commit_latency.count),
                ms(commits.p95_us / 1000),
              )
            : words.commitsNone
        }
      />
      <LiveChart
        title={words.signIns}
        data={data.signIns}
        format={oneDecimal}
        summary={() =>
          words.signInsSummary(
            total((sample) => sumOf(sample.sign_ins)),
            total((sample) => sumOf(sample.sign_ins_refused)),
            when,
          )
        }
      />
    </>
  );
}

const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

const latencies = (samples: readonly Sample[], of: (sample: Sample) => Schemas['Latency']): Series[] => {
  const part = (member: 'p50_us' | 'p95_us' | 'p99_us') =>
    samples.map((sample) => milliseconds(of(sample)[member], of(sample).count));
  return [
    line(words.half, '--good', part('p50_us')),
    line(words.p95, '--accent', part('p95_us')),
    line(words.p99, '--warn', part('p99_us')),
  ];
};

/** Bars, or a sentence where there is nothing to compare. */
function Mix(props: { title: string; bars: readonly Bar[]; summary: string; none: string }) {
  const { title, bars, summary, none } = props;
  if (bars.length > 0) return <Bars title={title} bars={bars} summary={summary} format={formatCount} />;
  return (
    <div>
      <h3 className="text-sm font-medium">{title}</h3>
      <EmptyState icon={<ShieldCheck aria-hidden />} title={none} />
    </div>
  );
}

function Refusals({ samples, when }: { samples: readonly Sample[]; when: string }) {
  const counts = summed(samples, refusalsOf);
  const bars = ranked(counts, ROWS, words.others).map(
    (row): Bar => ({ ...row, label: plainCode(row.label), color: '--bad' }),
  );
  return (
    <Mix
      title={words.refusals}
      bars={bars}
      summary={words.refusalsSummary(formatCount(sumOf(counts)), bars[0]?.label ?? '', when)}
      none={words.refusalsNone(when)}
    />
  );
}

const RISK_COLOURS: Record<string, Bar['color']> = {
  proceed: '--good',
  monitor: '--accent',
  review: '--warn',
  block: '--bad',
};

function Risk({ samples, when }: { samples: readonly Sample[]; when: string }) {
  const counts = summed(samples, (sample) => sample.risk);
  const all = sumOf(counts);
  const bars = Object.keys(RISK_COLOURS).map((action): Bar => {
    const color = RISK_COLOURS[action];
    return {
      label: words.actions[action] ?? action,
      value: counts[action] ?? 0,
      ...(color ? { color } : {}),
    };
  });
  return (
    <Mix
      title={words.risk}
      bars={all > 0 ? bars : []}
      summary={words.riskSummary(
        formatCount(all),
        percent.format((counts['proceed'] ?? 0) / (all || 1)),
        when,
      )}
      none={words.riskNone(when)}
    />
  );
}

function Failures({ samples, when }: { samples: readonly Sample[]; when: string }) {
  const count = totalOf(samples, (sample) => sample.sign_ins_refused);
  const bars = ranked(
    summed(samples, (sample) => sample.sign_ins_refused),
    ROWS,
    words.others,
  ).map((row): Bar => ({ ...row, label: plainCode(row.label), color: '--warn' }));
  return (
    <Mix
      title={words.failures}
      bars={bars}
      summary={words.failuresSummary(formatCount(count), when)}
      none={words.failuresNone(when)}
    />
  );
}

const isQuantumSafe = (group: string): boolean => /MLKEM/i.test(group);

function Posture({ newest, info }: { newest: Sample; info: Info | undefined }) {
  const groups = ranked(newest.tls_since_start, ROWS, words.others);
  const all = sumOf(newest.tls_since_start);
  const safe = groups.reduce((sum, { label, value }) => sum + (isQuantumSafe(label) ? value : 0), 0);
  return (
    <Section title={words.posture}>
      <div className="grid gap-x-10 gap-y-6 xl:grid-cols-2">
        {info ? (
          <Facts
            items={[
              [words.suite, info.suite],
              [words.authoritySuite, info.authority_suite],
              [words.provider, info.provider],
              [words.issuingKey, words.places[info.keys.issuing] ?? info.keys.issuing],
              [words.connection, <Connection key="connection" {...info.connection} />],
            ]}
          />
        ) : (
          <SkeletonLines lines={5} />
        )}
        <div>
          {info && (
            <Facts
              className="mb-6"
              items={[
                [
                  words.rotationsDue,
                  newest.rotations_due === 0 ? words.none : formatCount(newest.rotations_due),
                ],
                [
                  words.crl,
                  <span key="crl">
                    {words.crlFacts(info.rotation.crl_number)}{' '}
                    <Timestamp at={info.rotation.crl_next_update} />
                  </span>,
                ],
                [
                  words.issuingUntil,
                  <Timestamp key="issuing" at={info.rotation.issuing_not_after} precision="day" />,
                ],
                [words.watchers, formatCount(newest.streams)],
              ]}
            />
          )}
          {groups.length > 0 ? (
            <Bars
              title={words.groups}
              bars={groups.map(
                (row): Bar => ({
                  ...row,
                  color: isQuantumSafe(row.label) ? '--good' : '--warn',
                }),
              )}
              summary={words.groupsSummary(formatCount(all), percent.format(safe / (all || 1)))}
              format={formatCount}
            />
          ) : (
            <>
              <h3 className="text-sm font-medium">{words.groups}</h3>
              <p className="text-sm text-ink-2">{words.groupsNone}</p>
            </>
          )}
        </div>
      </div>
    </Section>
  );
}

function Connection({ protocol, group, cipher, quantum_safe }: Info['connection']) {
  if (!group) return <span className="text-ink-2">{words.plain}</span>;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {protocol}, {group}, {cipher}
      <Badge mood={quantum_safe ? 'good' : 'warn'}>
        {quantum_safe ? words.quantumSafe : words.notQuantumSafe}
      </Badge>
    </span>
  );
}
