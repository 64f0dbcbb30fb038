import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, FileKey, FileSearch } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { LOCALE } from '../../text';
import { admin } from '../../text/en/admin';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  ChartFrame,
  type Column,
  cx,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  formatRelative,
  formatTime,
  Hash,
  Input,
  type Mood,
  Page,
  RadioCards,
  Section,
  SkeletonLines,
  Table,
  Tabs,
  Timestamp,
} from '../../ui';
import { roleName } from './people';
import { PersonPicker } from './rights';
import { SignDialog } from './sign';
import { daysLeft, type Ending, endings, logPlace, TICKS } from './timeline';

const words = admin.pki;
type Authority = Schemas['AuthorityView'];
type Info = Schemas['SecurityInfo'];
type Certificate = Schemas['StatusView'];

const AUTHORITY_MOODS: Record<string, Mood> = { proposed: 'warn', active: 'good', retiring: 'accent' };
const STATUS_MOODS: Record<string, Mood> = { active: 'good', superseded: 'neutral', revoked: 'bad' };

export const useInfo = () => {
  const api = useApi();
  return useQuery({ queryKey: ['security-info'], queryFn: () => ok(api.GET('/api/security/info')) });
};

export function Pki() {
  const { search, set } = useListSearch();
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'authority'}
        onChange={(tab) => set({ tab: tab === 'authority' ? undefined : tab })}
        tabs={[
          { id: 'authority', label: words.authority, panel: <Authorities /> },
          { id: 'certificates', label: words.certificates, panel: <Certificates /> },
          { id: 'crl', label: words.crl, panel: <RevocationList /> },
        ]}
      />
    </Page>
  );
}

function Authorities() {
  const api = useApi();
  const info = useInfo();
  const authorities = useQuery({
    queryKey: ['authorities'],
    queryFn: () => ok(api.GET('/api/admin/authority')),
  });
  const failed = info.error ?? authorities.error;
  if (failed)
    return (
      <div className="panel">
        <ErrorState
          {...told(failed)}
          onRetry={() => {
            void info.refetch();
            void authorities.refetch();
          }}
        />
      </div>
    );
  if (!info.data || !authorities.data)
    return (
      <div className="panel px-5 py-4">
        <SkeletonLines lines={6} />
      </div>
    );
  return (
    <>
      <Section>
        <Timeline ends={endings(info.data, authorities.data.items)} />
      </Section>
      <div className="grid items-start gap-x-5 xl:grid-cols-2">
        {authorities.data.items.map((authority) => (
          <AuthorityCard key={authority.authority} authority={authority} info={info.data} />
        ))}
      </div>
      <p className="max-w-3xl text-sm text-ink-2">
        {words.proposeHow} {words.remindersAbout}
      </p>
    </>
  );
}

const nameOf = (one: Ending): string => {
  const names = {
    root: () => words.root,
    issuing: words.issuing,
    overlap: words.overlap,
    list: () => words.list,
  };
  return names[one.what](one.generation);
};

const YEAR_DAYS = 365.25;
const years = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/** Years where there are several: nobody counts thousands of days. */
const remaining = (until: string, now: number): string => {
  const days = daysLeft(until, now);
  return days > 2 * YEAR_DAYS
    ? years.format(Math.round(days / YEAR_DAYS), 'year')
    : formatRelative(until, now);
};

/** How long each thing is still good, on a scale on which an hour and ten years are both seen. */
function Timeline({ ends }: { ends: readonly Ending[] }) {
  const now = Date.now();
  const most = Math.max(1, ...ends.map((one) => daysLeft(one.until, now)));
  const next = ends[0];
  return (
    <ChartFrame
      title={words.timeline}
      summary={next ? words.timelineSummary(nameOf(next), remaining(next.until, now)) : words.ended}
      table={{
        head: words.timelineHead,
        rows: ends.map((one) => [
          nameOf(one),
          one.from ? formatTime(one.from) : admin.none,
          formatTime(one.until),
          Math.max(0, Math.floor(daysLeft(one.until, now))),
        ]),
      }}
    >
      <div aria-hidden className="grid gap-2.5">
        {ends.map((one) => {
          const left = daysLeft(one.until, now);
          return (
            <div
              key={`${one.what}${one.generation}`}
              className="grid items-center gap-x-3 text-sm sm:grid-cols-[12rem_1fr_7rem]"
            >
              <span className="truncate text-ink-2">{nameOf(one)}</span>
              <svg aria-hidden viewBox="0 0 100 8" preserveAspectRatio="none" className="h-2.5 w-full">
                <rect width="100" height="8" rx="1" fill="var(--sunken)" />
                <rect width={logPlace(left, most) * 100} height="8" rx="1" fill={`var(${one.color(left)})`} />
                {TICKS.filter((tick) => tick.days < most).map((tick) => (
                  <rect
                    key={tick.label}
                    x={logPlace(tick.days, most) * 100}
                    width="0.15"
                    height="8"
                    fill="var(--line-strong)"
                  />
                ))}
              </svg>
              <span className="figures text-ink-2 sm:text-right">{remaining(one.until, now)}</span>
            </div>
          );
        })}
        <div className="grid gap-x-3 text-xs text-ink-3 max-sm:hidden sm:grid-cols-[12rem_1fr_7rem]">
          <span />
          <svg aria-hidden className="h-4 w-full overflow-visible">
            {TICKS.filter((tick) => tick.days < most).map((tick) => (
              <text
                key={tick.label}
                x={`${logPlace(tick.days, most) * 100}%`}
                y="12"
                textAnchor="middle"
                fill="currentColor"
              >
                {tick.label}
              </text>
            ))}
          </svg>
        </div>
      </div>
    </ChartFrame>
  );
}

const SAVED_AS = 'application/x-pem-file';

export const saveText = (text: string, name: string, type = SAVED_AS): void => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};

function AuthorityCard({ authority, info }: { authority: Authority; info: Info }) {
  const client = useQueryClient();
  const { userId } = useSignedIn();
  const [approving, setApproving] = useState(false);
  const isProposed = authority.status === 'proposed';
  return (
    <Section
      title={words.issuing(authority.generation)}
      actions={
        <Badge mood={AUTHORITY_MOODS[authority.status] ?? 'neutral'}>
          {words.states[authority.status] ?? authority.status}
        </Badge>
      }
    >
      <Facts
        items={[
          [words.suite, info.authority_suite],
          [words.suiteOfBank, info.suite],
          [
            words.keyPlace,
            `${words.places[info.keys.issuing] ?? info.keys.issuing}. ${authority.key_is_held ? words.keyHeld : words.keyNotHeld}.`,
          ],
          [words.fingerprint, <Hash key="fingerprint" value={authority.authority} />],
          [
            words.validity,
            <span key="validity">
              <Timestamp at={authority.not_before} precision="day" /> {words.to}{' '}
              <Timestamp at={authority.not_after} precision="day" />
            </span>,
          ],
          authority.active_from
            ? [words.activeFrom, <Timestamp key="from" at={authority.active_from} />]
            : null,
          authority.retires_at
            ? [words.retires, <Timestamp key="retires" at={authority.retires_at} />]
            : null,
          authority.overlap_days ? [words.overlapDays, words.days(authority.overlap_days)] : null,
          authority.proposed_by ? [words.proposedBy, <Hash key="by" value={authority.proposed_by} />] : null,
          authority.approved_by
            ? [words.approvedBy, <Hash key="approved" value={authority.approved_by} />]
            : null,
          isProposed && authority.expires_at
            ? [words.waitsUntil, <Timestamp key="waits" at={authority.expires_at} />]
            : null,
        ]}
      />
      <div className="mt-4 flex flex-wrap items-center gap-2">
        <Button
          size="sm"
          icon={<Download aria-hidden className="size-3.5" />}
          onClick={() => saveText(authority.certificate, `issuing-${authority.generation}.pem`)}
        >
          {words.download}
        </Button>
        {isProposed &&
          (authority.proposed_by === userId ? (
            <span className="text-sm text-ink-3">{words.ownProposal}</span>
          ) : (
            <Button size="sm" tone="primary" onClick={() => setApproving(true)}>
              {words.approve}
            </Button>
          ))}
      </div>
      <SignDialog
        open={approving}
        onClose={() => setApproving(false)}
        title={words.approve}
        sign={words.approve}
        prepare={({ wish, base64url, fromBase64 }) =>
          wish('authority.rotate', {
            certificate: base64url(
              fromBase64(authority.certificate.replace(/-----[^-]+-----|\s/g, '')) ?? new Uint8Array(),
            ),
            cross_certificate: authority.cross_certificate ?? '',
            overlap_days: authority.overlap_days ?? '',
          })
        }
        rows={(intent) =>
          intent.kind === 'authority.rotate'
            ? [
                [words.authority, words.issuing(authority.generation)],
                [words.fingerprint, <Hash key="fingerprint" value={authority.authority} whole />],
                [words.overlapDays, words.days(intent.body.overlap_days)],
                [admin.people.whatHappens, words.approveAbout],
              ]
            : []
        }
        done={() => words.approved}
        onSettled={() => {
          void client.invalidateQueries({ queryKey: ['authorities'] });
          void client.invalidateQueries({ queryKey: ['security-info'] });
        }}
      />
    </Section>
  );
}

function RevocationList() {
  const info = useInfo();
  if (info.isError)
    return (
      <div className="panel">
        <ErrorState {...told(info.error)} onRetry={() => void info.refetch()} />
      </div>
    );
  if (!info.data)
    return (
      <div className="panel px-5 py-4">
        <SkeletonLines lines={4} />
      </div>
    );
  const { crl_number, crl_this_update, crl_next_update } = info.data.rotation;
  const isFresh = Date.parse(crl_next_update) > Date.now();
  return (
    <Section
      title={words.crl}
      about={words.crlAbout}
      actions={
        <>
          <span className="self-center">
            <Badge mood={isFresh ? 'good' : 'bad'}>{isFresh ? words.crlFresh : words.crlStale}</Badge>
          </span>
          <a
            href="/api/certificates/crl"
            download={`crl-${crl_number}.der`}
            className={buttonClass('secondary')}
          >
            <Download aria-hidden className="size-4" />
            {words.crlDownload}
          </a>
        </>
      }
    >
      <Facts
        items={[
          [
            words.crlNumber,
            <span key="number" className="figures">
              {crl_number}
            </span>,
          ],
          [
            words.crlMade,
            <span key="made">
              <Timestamp at={crl_this_update} precision="second" /> ({formatRelative(crl_this_update)})
            </span>,
          ],
          [
            words.crlNext,
            <span key="next">
              <Timestamp at={crl_next_update} precision="second" /> ({formatRelative(crl_next_update)})
            </span>,
          ],
        ]}
      />
    </Section>
  );
}

const isFingerprint = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

function Certificates() {
  const api = useApi();
  const { search, set } = useListSearch();
  const person = search['person'] ?? null;
  const [typed, setTyped] = useState('');
  const keys = useQuery({
    queryKey: ['keys', person],
    enabled: person !== null,
    queryFn: () =>
      ok(api.GET('/api/quantum/keys/{user_id}/history', { params: { path: { user_id: person ?? '' } } })),
  });
  const columns: Column<Certificate>[] = [
    {
      id: 'fingerprint',
      header: words.fingerprint,
      cell: (one) => <code className="figures">{one.certificate.slice(0, 16)}…</code>,
    },
    {
      id: 'generation',
      header: words.generation,
      cell: (one) => <span className="figures">{one.generation}</span>,
    },
    { id: 'role', header: admin.people.role, wideOnly: true, cell: (one) => roleName(one.role) },
    { id: 'status', header: words.status, cell: (one) => <Status status={one.status} /> },
    {
      id: 'from',
      header: words.timelineHead[1] ?? '',
      wideOnly: true,
      cell: (one) => <Timestamp at={one.not_before} precision="day" />,
    },
    {
      id: 'until',
      header: words.timelineHead[2] ?? '',
      cell: (one) => <Timestamp at={one.not_after} precision="day" />,
    },
  ];
  return (
    <>
      <Section title={words.find} about={words.findAbout}>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <PersonPicker
            label={words.person}
            placeholder={words.personSearch}
            value={person}
            onChange={(user) => set({ person: user ?? undefined, certificate: undefined })}
          />
          <form
            className="flex items-start gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (isFingerprint(typed)) set({ certificate: typed });
            }}
          >
            <Field label={words.byFingerprint} hint={words.fingerprintHint} className="flex-1">
              <Input
                value={typed}
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value.trim().toLowerCase())}
              />
            </Field>
            <Button type="submit" className="mt-6.5" disabled={!isFingerprint(typed)}>
              {words.open}
            </Button>
          </form>
        </div>
      </Section>
      <Section flush>
        {person === null ? (
          <EmptyState icon={<FileSearch aria-hidden />} title={words.noneChosen}>
            {words.noneChosenAbout}
          </EmptyState>
        ) : (
          <Table
            label={words.certificates}
            dense
            columns={columns}
            rows={keys.data?.items}
            rowKey={(one) => one.certificate}
            selected={search['certificate']}
            onOpen={(one) => set({ certificate: one.certificate })}
            error={keys.isError ? { ...told(keys.error), onRetry: () => void keys.refetch() } : null}
            empty={
              <EmptyState icon={<FileKey aria-hidden />} title={words.noneYet}>
                {words.noneYetAbout}
              </EmptyState>
            }
          />
        )}
      </Section>
      <CertificateDrawer
        certificate={search['certificate']}
        onClose={() => set({ certificate: undefined })}
      />
    </>
  );
}

const Status = ({ status }: { status: string }) => (
  <Badge mood={STATUS_MOODS[status] ?? 'neutral'}>{words.statuses[status] ?? status}</Badge>
);

type Reason = 'unspecified' | 'key_compromise' | 'superseded' | 'cessation';
const REASONS: readonly Reason[] = ['key_compromise', 'cessation', 'superseded', 'unspecified'];

function CertificateDrawer({
  certificate,
  onClose,
}: {
  certificate: string | undefined;
  onClose: () => void;
}) {
  const api = useApi();
  const client = useQueryClient();
  const { certificate: own } = useSignedIn();
  const last = useRef(certificate);
  if (certificate) last.current = certificate;
  const wanted = certificate ?? last.current ?? '';
  const query = { certificate: wanted };
  const [revoking, setRevoking] = useState(false);
  const [reason, setReason] = useState<Reason>('key_compromise');
  const details = useQuery({
    queryKey: ['certificate', wanted],
    enabled: wanted !== '',
    queryFn: async () => {
      const [one, standing] = await Promise.all([
        ok(api.GET('/api/certificates/details', { params: { query } })),
        ok(api.GET('/api/certificates/status', { params: { query } })),
      ]);
      return { ...one, listed: standing.listed, crl: standing.crl_number };
    },
  });
  const one = details.data;
  return (
    <>
      <Drawer
        open={certificate !== undefined}
        onOpenChange={(next) => !next && onClose()}
        title={one ? `${words.generation} ${one.generation}` : words.certificates}
        {...(one ? { description: roleName(one.role) } : {})}
        actions={
          one && (
            <>
              {one.status !== 'revoked' && (
                <Button tone="danger" onClick={() => setRevoking(true)}>
                  {words.revoke}
                </Button>
              )}
              <Button
                icon={<Download aria-hidden className="size-4" />}
                onClick={() => saveText(one.pem, `${wanted.slice(0, 16)}.pem`)}
              >
                {words.download}
              </Button>
            </>
          )
        }
      >
        {details.isPending && <SkeletonLines lines={8} />}
        {details.isError && <ErrorState {...told(details.error)} onRetry={() => void details.refetch()} />}
        {one && (
          <>
            <Facts
              items={[
                [words.status, <Status key="status" status={one.status} />],
                [
                  words.holder,
                  <Link
                    key="holder"
                    to="/admin/users"
                    search={{ search: one.user_id, person: one.user_id } as never}
                    className="figures text-accent underline underline-offset-2"
                  >
                    {one.user_id}
                  </Link>,
                ],
                [words.fingerprint, <Hash key="fingerprint" value={one.certificate} />],
                [words.serial, <Hash key="serial" value={one.serial} />],
                [words.device, <Hash key="device" value={one.device_id} />],
                [
                  words.validity,
                  <span key="validity">
                    <Timestamp at={one.not_before} /> {words.to} <Timestamp at={one.not_after} />
                  </span>,
                ],
                one.previous ? [words.previous, <Hash key="previous" value={one.previous} />] : null,
                one.ended_at ? [words.endedAt, <Timestamp key="ended" at={one.ended_at} />] : null,
                one.revocation_reason
                  ? [words.why, words.reasons[one.revocation_reason] ?? one.revocation_reason]
                  : null,
                [words.listed, `${one.listed ? words.yes : words.no} (${words.crlNumber} ${one.crl})`],
              ]}
            />
            <h3 className="mt-6 mb-2 font-semibold">{words.text}</h3>
            <pre
              className={cx(
                'overflow-x-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap',
                'break-words',
              )}
            >
              {one.text}
            </pre>
          </>
        )}
      </Drawer>
      <SignDialog
        open={revoking}
        onClose={() => setRevoking(false)}
        title={words.revoke}
        about={words.revokeAbout}
        danger
        sign={words.revokeSign}
        prepare={({ wish }) => wish('certificate.revoke', { certificate: wanted, reason })}
        form={() => (
          <>
            {own === wanted && <Alert kind="warn" title={words.revokeOwn} />}
            <RadioCards<Reason>
              name="reason"
              legend={words.why}
              value={reason}
              onChange={setReason}
              options={REASONS.map((value) => ({ value, label: words.reasons[value] }))}
            />
          </>
        )}
        rows={(intent) =>
          intent.kind === 'certificate.revoke'
            ? [
                [words.fingerprint, <Hash key="fingerprint" value={intent.body.certificate} whole />],
                [words.why, words.reasons[intent.body.reason] ?? intent.body.reason],
                [admin.people.whatHappens, words.revokeAbout],
              ]
            : []
        }
        done={() => words.revoked}
        onSettled={() => {
          void client.invalidateQueries({ queryKey: ['certificate'] });
          void client.invalidateQueries({ queryKey: ['keys'] });
          void client.invalidateQueries({ queryKey: ['security-info'] });
        }}
      />
    </>
  );
}
