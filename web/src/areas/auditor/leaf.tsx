import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ArrowLeft, ChevronLeft, ChevronRight, Eye, FileQuestion } from 'lucide-react';
import { useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useApi, useSessionSource } from '../../app/session';
import { GROUPS, hex, IntentError, leafHash, type Prepared, utcOf, wish } from '../../bank';
import { common, shell } from '../../text';
import { auditor } from '../../text/en/auditor';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  EmptyState,
  ErrorState,
  Facts,
  Hash,
  Page,
  type ProofStep,
  ProofSteps,
  Section,
  SkeletonLines,
  Timestamp,
  useShortcuts,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { kindName } from '../signing/kinds';
import { DownloadReceipt, ReceiptSteps } from '../signing/proof';
import { newestHead, proveGrown, proveIncluded, readLeaves, remember, seenHeads } from './log';
import { OpenedLeaf } from './opened';
import { commitmentsOf, isShown, type ProvedLeaf, proveLeaf, reportOf } from './report';
import { OutcomeBadge, Who } from './trail';

const words = auditor.leaf;

/** One leaf: what the trail says of it, that it is in the log, and, signed for, everything in it. */
export function Leaf() {
  const { leaf } = useParams({ strict: false }) as { leaf: string };
  // Another leaf is another page: nothing that was opened is carried over.
  return <LeafPage key={leaf} leaf={leaf} />;
}

const isNumber = (leaf: string): boolean => /^(0|[1-9]\d{0,14})$/.test(leaf);

function LeafPage({ leaf }: { leaf: string }) {
  const api = useApi();
  const navigate = useNavigate();
  const index = isNumber(leaf) ? BigInt(leaf) : undefined;
  const row = useQuery({
    queryKey: ['trail', 'leaf', leaf],
    enabled: index !== undefined,
    queryFn: async () => {
      const cursor = String((index ?? 0n) + 1n);
      const { items } = await ok(api.GET('/api/audit/logs', { params: { query: { cursor, limit: 1 } } }));
      return items.find((one) => one.leaf === leaf) ?? null;
    },
  });
  const log = useInLog(index);
  const [asked, setAsked] = useState<Prepared>();
  const [opened, setOpened] = useState<ProvedLeaf>();
  const [fault, setFault] = useState<unknown>();
  const source = useSessionSource();

  const go = (to: bigint) =>
    void navigate({ to: '/audit/$leaf', params: { leaf: to.toString() } as never, search: {} as never });
  const size = log.data?.size;
  const before = index !== undefined && index > 0n ? index - 1n : undefined;
  const after = index !== undefined && size !== undefined && index + 1n < size ? index + 1n : undefined;
  useShortcuts({
    k: () => before !== undefined && go(before),
    j: () => after !== undefined && go(after),
  });

  if (index === undefined || row.data === null)
    return (
      <Page title={words.title(leaf)}>
        <div className="panel">
          <EmptyState icon={<FileQuestion aria-hidden />} title={words.none} action={<Back />}>
            {words.noneAbout}
          </EmptyState>
        </div>
      </Page>
    );
  const one = row.data;
  return (
    <Page
      title={words.title(leaf)}
      about={one && kindName(one.kind)}
      actions={
        <>
          <Back />
          <Button
            disabled={before === undefined}
            icon={<ChevronLeft aria-hidden className="size-4" />}
            onClick={() => before !== undefined && go(before)}
          >
            {words.previous}
          </Button>
          <Button disabled={after === undefined} onClick={() => after !== undefined && go(after)}>
            {words.next}
            <ChevronRight aria-hidden className="size-4" />
          </Button>
        </>
      }
    >
      <Section>
        {row.isPending && <SkeletonLines lines={5} />}
        {row.isError && <ErrorState {...told(row.error)} onRetry={() => void row.refetch()} />}
        {one && (
          <Facts
            items={[
              [words.facts.at, <Timestamp key="at" at={one.at} precision="second" />],
              [words.facts.outcome, <OutcomeBadge key="outcome" outcome={one.outcome} code={one.code} />],
              [words.facts.person, <Who key="who" leaf={one} />],
              one.role
                ? [words.facts.role, shell.roles[one.role as keyof typeof shell.roles] ?? one.role]
                : null,
              one.certificate
                ? [words.facts.certificate, <Hash key="certificate" value={one.certificate} />]
                : null,
              one.device_id ? [words.facts.device, <Hash key="device" value={one.device_id} />] : null,
              [words.facts.intent, <Hash key="intent" value={one.intent_id} whole />],
            ]}
          />
        )}
      </Section>

      <Section title={words.inLog} about={words.inLogAbout}>
        {log.isPending && <SkeletonLines />}
        {log.isError && <ErrorState {...told(log.error)} onRetry={() => void log.refetch()} />}
        {log.data && <ProofSteps steps={log.data.steps} words={common.outcomes} />}
      </Section>

      <Section
        title={words.commitments}
        about={words.commitmentsAbout}
        actions={
          !opened && (
            <Button
              disabled={!one}
              icon={<Eye aria-hidden className="size-4" />}
              onClick={() => one && setAsked(reportOn(one.at))}
            >
              {words.open}
            </Button>
          )
        }
      >
        {!opened && <p className="mb-3 text-sm text-ink-2">{words.openAbout}</p>}
        {fault !== undefined && (
          <div className="mb-3">
            <Alert kind="bad" title={words.notAnswered}>
              {fault instanceof Error ? fault.message : undefined}
            </Alert>
          </div>
        )}
        {log.data?.leaf && (
          <dl className="divide-y divide-line rounded-lg border border-line">
            {GROUPS.map((group, at) => (
              <div
                key={group}
                className="grid gap-x-4 px-3.5 py-2 sm:grid-cols-[9rem_1fr_auto] sm:items-center"
              >
                <dt className="font-medium">{words.groups[group]}</dt>
                <dd className="min-w-0">
                  <Hash
                    value={hex(commitmentsOf(log.data.leaf ?? new Uint8Array())[at] ?? new Uint8Array())}
                  />
                </dd>
                <dd>
                  {opened ? (
                    <Badge mood={isShown(opened.receipt, group) ? 'good' : 'neutral'}>
                      {isShown(opened.receipt, group) ? words.opened : words.erased}
                    </Badge>
                  ) : (
                    <Badge>{words.closed}</Badge>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Section>

      {opened && (
        <>
          <Section>
            <OpenedLeaf of={opened} />
          </Section>
          <Section title={words.verification} actions={<DownloadReceipt receipt={opened.receipt} />}>
            <ReceiptSteps proof={opened.proof} />
          </Section>
        </>
      )}
      {asked && (
        <SignDialog
          title={words.open}
          prepare={() => asked}
          query={index > 0n ? `?limit=1&cursor=${index - 1n}` : '?limit=1'}
          onClose={() => setAsked(undefined)}
          onSettled={({ settled, refusal }) => {
            if (refusal) return;
            const report = reportOf(settled);
            const found = report?.leaves.find((leafOf) => leafOf.leaf === leaf);
            if (!report || !found) {
              setFault(null);
              return;
            }
            source
              .bank()
              .then((bank) => proveLeaf(report, found, bank.trust))
              .then(setOpened)
              .catch(setFault);
          }}
        />
      )}
    </Page>
  );
}

const Back = () => (
  <Link to="/audit" className={buttonClass('quiet')}>
    <ArrowLeft aria-hidden className="size-4" />
    {words.back}
  </Link>
);

/** The report of the microsecond in which a leaf was recorded: no more is read than is asked for. */
function reportOn(at: string): Prepared {
  const micros = BigInt(Date.parse(`${at.slice(0, 23)}Z`)) * 1000n + BigInt(at.slice(23, 26));
  return wish('audit.report', { subject: 'window', value: '', from: at, to: utcOf(micros + 1n) });
}

/** Reads one leaf from the public log, and proves it against the newest head and that head against an older one. */
function useInLog(index: bigint | undefined) {
  const api = useApi();
  const source = useSessionSource();
  return useQuery({
    queryKey: ['log', 'leaf', index?.toString()],
    enabled: index !== undefined,
    queryFn: async () => {
      const steps: ProofStep[] = [];
      const bank = await source.bank();
      const seen = await seenHeads(bank);
      const { head, checkpoint } = await newestHead(api, bank);
      const { size } = checkpoint;
      steps.push({
        name: words.steps.checkpoint,
        outcome: 'passed',
        about: <HeadFacts size={head.size} root={head.root} />,
      });
      const at = index ?? 0n;
      const [leaf] = at < size ? await readLeaves(api, at, 1) : [];
      if (!leaf) return { steps, size, leaf: undefined };
      steps.push({
        name: words.steps.leaf,
        outcome: 'passed',
        about: <Hash value={hex(leafHash(leaf))} whole />,
      });
      const included = await attempt(async () =>
        words.hashesOnTheWay(await proveIncluded(api, at, leaf, checkpoint)),
      );
      steps.push({ name: words.steps.inclusion, ...included });
      const old = seen.findLast((one) => BigInt(one.size) < size);
      if (old) {
        const grown = await attempt(async () =>
          words.hashesOnTheWay(await proveGrown(api, bank, old, checkpoint)),
        );
        steps.push({ name: words.steps.consistency(old.size), ...grown });
      } else {
        steps.push({ name: words.steps.first, outcome: 'skipped' });
      }
      if (steps.every((step) => step.outcome !== 'failed')) await remember(bank, head);
      return { steps, size, leaf };
    },
  });
}

const HeadFacts = ({ size, root }: { size: string; root: string }) => (
  <span className="block">
    {auditor.integrity.size} <span className="figures">{size}</span>, {auditor.integrity.root}{' '}
    <Hash value={root} whole />
  </span>
);

/** A step of a proof: what it found, or why it failed. A fault of the network is none of the proof's. */
async function attempt(take: () => Promise<string>): Promise<Pick<ProofStep, 'outcome' | 'about'>> {
  try {
    return { outcome: 'passed', about: await take() };
  } catch (error) {
    if (error instanceof IntentError) return { outcome: 'failed', about: error.message };
    throw error;
  }
}
