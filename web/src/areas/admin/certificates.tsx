import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, FileKey } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { saveText } from '../../app/save';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { type Bodies, wish } from '../../bank';
import { admin } from '../../text/en/admin';
import { intents } from '../../text/en/intents';
import { people } from '../../text/en/people';
import {
  Alert,
  Badge,
  Button,
  type Column,
  cx,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  Hash,
  Input,
  type Mood,
  Pagination,
  RadioCards,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { Person, roleName } from '../staff/people';
import { PersonPicker } from '../staff/pickers';
import { PEM } from './pem';

const words = admin.pki;
const PAGE = 25;
type Certificate = Schemas['StatusView'];

const STATUS_MOODS: Record<string, Mood> = { active: 'good', superseded: 'neutral', revoked: 'bad' };
const isFingerprint = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Certificates, found by person or fingerprint. */
export function Certificates() {
  const api = useApi();
  const { search, set, pages } = useListSearch();
  const person = search['person'] ?? null;
  const cursor = search['cursor'];
  const inUse = useQuery({
    queryKey: ['certificates', 'in-use', cursor],
    enabled: person === null,
    queryFn: () =>
      ok(
        api.GET('/api/certificates', {
          params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } },
        }),
      ),
  });
  const [typed, setTyped] = useState('');
  const keys = useQuery({
    queryKey: ['keys', person],
    enabled: person !== null,
    queryFn: () =>
      ok(api.GET('/api/quantum/keys/{user_id}/history', { params: { path: { user_id: person ?? '' } } })),
  });
  const shown = person === null ? inUse : keys;
  const columns: Column<Certificate>[] = [
    { id: 'person', header: words.person, cell: (one) => <Person id={one.user_id} /> },
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
    { id: 'role', header: people.role, wideOnly: true, cell: (one) => roleName(one.role) },
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
      <Section
        title={person === null ? words.inUse : words.ofPerson}
        about={person === null && words.inUseAbout}
        flush
      >
        <Table
          label={words.certificates}
          dense
          columns={columns}
          rows={shown.data?.items}
          rowKey={(one) => one.certificate}
          selected={search['certificate']}
          onOpen={(one) => set({ certificate: one.certificate })}
          error={shown.isError ? { ...told(shown.error), onRetry: () => void shown.refetch() } : null}
          empty={
            <EmptyState icon={<FileKey aria-hidden />} title={words.noneYet}>
              {words.noneYetAbout}
            </EmptyState>
          }
          pagination={
            person === null ? (
              <Pagination {...pages(inUse.data?.next)} shown={inUse.data?.items.length} />
            ) : undefined
          }
        />
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

type Reason = Bodies['certificate.revoke']['reason'];
const REASONS: readonly Reason[] = ['key_compromise', 'cessation', 'superseded', 'unspecified'];

function CertificateDrawer({
  certificate,
  onClose,
}: {
  certificate: string | undefined;
  onClose: () => void;
}) {
  const api = useApi();
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
                onClick={() => saveText(one.pem, `${wanted.slice(0, 16)}.pem`, PEM)}
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
                  ? [
                      words.why,
                      intents.values.reason[one.revocation_reason as Reason] ?? one.revocation_reason,
                    ]
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
        title={words.revoke}
        about={words.revokeAbout}
        danger
        action={words.revokeSign}
        prepare={() => wish('certificate.revoke', { certificate: wanted, reason })}
        form={() => (
          <>
            {own === wanted && <Alert kind="warn" title={words.revokeOwn} />}
            <RadioCards<Reason>
              name="reason"
              legend={words.why}
              value={reason}
              onChange={setReason}
              options={REASONS.map((value) => ({ value, label: intents.values.reason[value] }))}
            />
          </>
        )}
        done={() => words.revoked}
        onClose={() => setRevoking(false)}
      />
    </>
  );
}
