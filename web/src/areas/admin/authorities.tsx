import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { saveText } from '../../app/save';
import { useApi, useSignedIn } from '../../app/session';
import { base64url, fromBase64, wish } from '../../bank';
import { admin } from '../../text/en/admin';
import {
  Badge,
  Button,
  ErrorState,
  Facts,
  Hash,
  type Mood,
  Section,
  SkeletonLines,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { useInfo } from './info';
import { PEM } from './pem';
import { endings } from './timeline';
import { Timeline } from './timeline-chart';

const words = admin.pki;
type Authority = Schemas['AuthorityView'];
type Info = Schemas['SecurityInfo'];

const AUTHORITY_MOODS: Record<string, Mood> = { proposed: 'warn', active: 'good', retiring: 'accent' };

/** The authorities, and how long each thing is still good. */
export function Authorities() {
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

function AuthorityCard({ authority, info }: { authority: Authority; info: Info }) {
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
          onClick={() => saveText(authority.certificate, `issuing-${authority.generation}.pem`, PEM)}
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
        title={words.approve}
        about={words.approveAbout}
        action={words.approve}
        also={() => [
          [words.authority, words.issuing(authority.generation)],
          [words.fingerprint, <Hash key="fingerprint" value={authority.authority} whole />],
        ]}
        prepare={() =>
          wish('authority.rotate', {
            certificate: base64url(
              fromBase64(authority.certificate.replace(/-----[^-]+-----|\s/g, '')) ?? new Uint8Array(),
            ),
            cross_certificate: authority.cross_certificate ?? '',
            overlap_days: authority.overlap_days ?? '',
          })
        }
        done={() => words.approved}
        onClose={() => setApproving(false)}
      />
    </Section>
  );
}
