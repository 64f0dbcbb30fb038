import { Download, FileSearch, Printer } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { saveText } from '../../app/save';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import { type Bodies, hex, type Prepared, parseAccountNumber, type Settled, wish } from '../../bank';
import { shell } from '../../text';
import { auditor } from '../../text/en/auditor';
import {
  Alert,
  Badge,
  Button,
  EmptyState,
  Facts,
  Field,
  Hash,
  Input,
  Page,
  Section,
  Select,
  SkeletonLines,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { kindName } from '../signing/kinds';
import { ReceiptSteps } from '../signing/proof';
import { DocumentFacts } from '../signing/review';
import { Person } from '../staff/people';
import { PersonPicker } from '../staff/pickers';
import { LeafLink, OpenedLeaf } from './opened';
import { Period } from './period';
import { type ProvedLeaf, proveReport, type Report, reportFile, reportOf } from './report';
import { OutcomeBadge } from './trail';

const words = auditor.report;
type Asked = Bodies['audit.report'];
type Subject = Asked['subject'];

const SUBJECTS: readonly Subject[] = ['user', 'certificate', 'account', 'transfer', 'window'];
const LIMIT = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Faults {
  value?: string;
  from?: string;
  to?: string;
}

/** What a form says, or what is to be put right. */
function bodyOf(subject: Subject, typed: string, from?: string, to?: string): Asked | Faults {
  const faults: Faults = {};
  let value = typed.trim().toLowerCase();
  if (subject === 'window') {
    value = '';
    if (!from) faults.from = words.wrong.from;
  } else if (subject === 'certificate') {
    if (!/^[0-9a-f]{64}$/.test(value)) faults.value = words.wrong.certificate;
  } else {
    if (!UUID.test(value)) faults.value = words.wrong[subject];
  }
  if (from && to && from >= to) faults.to = words.wrong.order;
  if (Object.keys(faults).length > 0) return faults;
  return { subject, value, ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

const isBody = (made: Asked | Faults): made is Asked => 'subject' in made;

interface Shown {
  settled: Settled;
  report: Report;
  leaves: ProvedLeaf[];
  supporting: ProvedLeaf[];
}

/** Who did what, under which authority: asked for by a signature, proved here, printed and handed on. */
export function Accountability() {
  const { search, set } = useListSearch();
  const source = useSessionSource();
  const api = useApi();
  const subject = SUBJECTS.find((one) => one === search['about']) ?? 'user';
  const value = search['value'] ?? '';
  const [faults, setFaults] = useState<Faults>({});
  const [asked, setAsked] = useState<{ prepared: Prepared; cursor?: string }>();
  const [shown, setShown] = useState<Shown>();
  const [busy, setBusy] = useState(false);
  const [none, setNone] = useState(false);

  const change = (changes: Parameters<typeof set>[0]) => {
    setFaults({});
    set(changes);
  };
  const review = async (cursor?: string) => {
    // What is signed is the account's id; people know its number.
    const number = subject === 'account' ? parseAccountNumber(value) : undefined;
    const found =
      number && (await api.GET('/api/accounts/resolve/{number}', { params: { path: { number } } }));
    const named = found ? (found.data?.id ?? '') : value;
    const made = bodyOf(subject, named, search['from'], search['to']);
    if (!isBody(made)) setFaults(made);
    else setAsked({ prepared: wish('audit.report', made), ...(cursor ? { cursor } : {}) });
  };
  const settled = async (of: Settled) => {
    const report = reportOf(of);
    setNone(!report);
    setShown(undefined);
    if (!report) return;
    setBusy(true);
    try {
      const bank = await source.bank();
      setShown({ settled: of, report, ...(await proveReport(report, bank.trust)) });
    } catch {
      setNone(true);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Page
      title={words.title}
      about={<span className="no-print">{words.about}</span>}
      actions={
        shown && (
          <div className="no-print flex flex-wrap gap-2">
            <Button icon={<Printer aria-hidden className="size-4" />} onClick={() => window.print()}>
              {words.print}
            </Button>
            <Button
              icon={<Download aria-hidden className="size-4" />}
              title={words.downloadHint}
              onClick={() =>
                saveText(
                  reportFile(shown.settled.receipt, shown.report),
                  `report-${shown.settled.receipt.intentId}.json`,
                )
              }
            >
              {words.download}
            </Button>
          </div>
        )
      }
    >
      <div className="no-print">
        <Section>
          <form
            noValidate
            className="grid gap-4 sm:grid-cols-2"
            onSubmit={(event: FormEvent) => {
              event.preventDefault();
              void review();
            }}
          >
            <Field label={words.subject}>
              <Select
                value={subject}
                onChange={(about) => change({ about, value: undefined })}
                options={SUBJECTS.map((one) => ({ value: one, label: words.subjects[one] }))}
              />
            </Field>
            {subject === 'user' ? (
              <PersonPicker
                label={words.value.user}
                value={value || null}
                error={faults.value}
                onChange={(user) => change({ value: user ?? undefined })}
              />
            ) : subject === 'window' ? (
              <span className="max-sm:hidden" />
            ) : (
              <Field label={words.value[subject]} error={faults.value} required>
                <Input
                  spellCheck={false}
                  className="font-mono text-sm"
                  value={value}
                  onChange={(event) => change({ value: event.target.value })}
                />
              </Field>
            )}
            <Period
              from={search['from']}
              to={search['to']}
              onChange={change}
              faults={faults}
              marks={{ from: subject !== 'window', to: true }}
            />
            <div className="sm:col-span-2">
              <Button
                type="submit"
                tone={shown ? 'secondary' : 'primary'}
                icon={<FileSearch aria-hidden className="size-4" />}
              >
                {words.review}
              </Button>
            </div>
          </form>
        </Section>
      </div>
      {none && (
        <Alert kind="warn" title={words.none}>
          {words.noneAbout}
        </Alert>
      )}
      {busy && (
        <Section>
          <SkeletonLines lines={6} />
        </Section>
      )}
      {shown && <Paper shown={shown} onNext={() => void review(shown.report.next)} />}
      {asked && (
        <SignDialog
          title={words.review}
          prepare={() => asked.prepared}
          query={`?limit=${LIMIT}${asked.cursor ? `&cursor=${asked.cursor}` : ''}`}
          onClose={() => setAsked(undefined)}
          onSettled={({ settled: of, refusal }) => {
            if (refusal) return;
            void settled(of);
          }}
        />
      )}
    </Page>
  );
}

/** The report as it is read and printed. */
function Paper({ shown, onNext }: { shown: Shown; onNext: () => void }) {
  const { settled, report, leaves, supporting } = shown;
  const { proof, receipt } = settled;
  const all = [...leaves, ...supporting];
  const failed = all.filter((one) => !one.proof.valid).length;
  const signatures = all.filter((one) => one.proof.signatureChecked).length;
  const root = leaves[0]?.proof.checkpoint ?? proof.checkpoint;
  return (
    <article aria-label={words.heading}>
      <Section title={words.heading}>
        <div className="mb-3">
          {failed > 0 ? (
            <Alert kind="bad" title={words.failed(failed)}>
              {words.failedAbout}
            </Alert>
          ) : (
            all.length > 0 && (
              <Alert kind="good" title={words.verified(all.length)}>
                {words.signatures(signatures)}
              </Alert>
            )
          )}
        </div>
        {proof.intent && <DocumentFacts intent={proof.intent} />}
        <Facts
          className="border-t border-line"
          items={[
            proof.actor ? [words.askedBy, <Person key="by" id={proof.actor.user} />] : null,
            proof.intent
              ? [words.askedAt, <Timestamp key="at" at={proof.intent.at} precision="second" />]
              : null,
            [words.covers, <LeafLink key="leaf" leaf={receipt.index.toString()} />],
            root ? [words.root, <Hash key="root" value={hex(root.root)} whole />] : null,
          ]}
        />
      </Section>
      <Section title={words.leaves}>
        {leaves.length === 0 ? (
          <EmptyState icon={<FileSearch aria-hidden />} title={words.nothing}>
            {words.nothingAbout}
          </EmptyState>
        ) : (
          <Leaves leaves={leaves} />
        )}
        {report.next !== undefined && (
          <div className="no-print mt-4 flex flex-wrap items-center gap-3">
            <Button onClick={onNext}>{words.more}</Button>
            <span className="text-sm text-ink-3">{words.moreAbout}</span>
          </div>
        )}
      </Section>
      {report.certificates.length > 0 && (
        <Section title={words.certificates}>
          {report.certificates_cut && <p className="text-sm text-ink-3">{words.cut}</p>}
          <ul className="divide-y divide-line">
            {report.certificates.map((one) => (
              <li key={one.certificate} className="grid gap-1 py-3 first:pt-0 last:pb-0">
                <p className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">
                    <Person id={one.user_id} />
                  </span>
                  <span className="text-sm text-ink-2">
                    {shell.roles[one.role as keyof typeof shell.roles] ?? one.role}
                  </span>
                  <Badge mood={one.status === 'active' ? 'good' : 'neutral'}>{one.status}</Badge>
                </p>
                <p className="text-sm">
                  <Hash value={one.certificate} whole />
                </p>
                <p className="flex flex-wrap gap-x-4 text-sm text-ink-2">
                  <span>
                    {words.validity} <Timestamp at={one.not_before} precision="day" />
                    {' – '}
                    <Timestamp at={one.not_after} precision="day" />
                  </span>
                  {one.issued.leaf !== undefined && (
                    <span>
                      {words.issuedBy} <LeafLink leaf={one.issued.leaf} />
                    </span>
                  )}
                  {one.ended?.leaf !== undefined && (
                    <span>
                      {words.endedBy} <LeafLink leaf={one.ended.leaf} />
                    </span>
                  )}
                </p>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {supporting.length > 0 && (
        <Section title={words.supporting} about={words.supportingAbout}>
          <Leaves leaves={supporting} />
        </Section>
      )}
    </article>
  );
}

const Leaves = ({ leaves }: { leaves: readonly ProvedLeaf[] }) => (
  <ol className="divide-y divide-line">
    {leaves.map((one) => (
      <li key={one.leaf.leaf} className="py-2.5 first:pt-0 last:pb-0 print:break-inside-avoid">
        <OneLeaf of={one} />
      </li>
    ))}
  </ol>
);

/** A line; everything in it is laid out when it is first unfolded, for there may be hundreds. */
function OneLeaf({ of }: { of: ProvedLeaf }) {
  const [open, setOpen] = useState(false);
  const { leaf, proof } = of;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="grid list-none gap-x-4 gap-y-1 hover:bg-hover sm:grid-cols-[4rem_11rem_1fr_auto] sm:items-baseline">
        <span className="figures font-medium">{leaf.leaf}</span>
        <span className="text-sm text-ink-2">{leaf.at && <Timestamp at={leaf.at} precision="second" />}</span>
        <span className="min-w-0">
          {kindName(leaf.kind)}
          {leaf.signer && (
            <span className="text-ink-2">
              , <Person id={leaf.signer.user_id} />
            </span>
          )}
        </span>
        <span className="flex flex-wrap items-center gap-1.5">
          <OutcomeBadge outcome={leaf.outcome} code={leaf.code} />
          <Badge mood={proof.valid ? 'good' : 'bad'}>{proof.valid ? words.proved : words.notProved}</Badge>
        </span>
      </summary>
      {open && (
        <div className="mt-3 grid gap-4 rounded-lg border border-line px-4 py-3">
          <OpenedLeaf of={of} />
          <details className="text-sm">
            <summary className="font-medium text-accent">{words.proof}</summary>
            <div className="mt-2">
              <ReceiptSteps proof={proof} />
            </div>
          </details>
        </div>
      )}
    </details>
  );
}
