import { useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useApi } from '../../app/session';
import { admin } from '../../text/en/admin';
import { cx, ErrorState, Section, SkeletonLines, Timestamp } from '../../ui';
import { useInfo } from './info';
import { daysLeft } from './timeline';

const words = admin.system;
type Info = Schemas['SecurityInfo'];
type Health = Schemas['Health'];

const HEALTH_EVERY_MS = 15_000;
const SOON_DAYS = 30;

type Standing = 'good' | 'attention' | 'bad';
interface Check {
  name: string;
  standing: Standing;
  text: ReactNode;
}

const ICONS = {
  good: { icon: CircleCheck, className: 'text-good' },
  attention: { icon: CircleAlert, className: 'text-warn' },
  bad: { icon: CircleX, className: 'text-bad' },
};

function checksOf(health: Health, info: Info): Check[] {
  const now = Date.now();
  const { rotation, connection } = info;
  const isFresh = daysLeft(rotation.crl_next_update, now) > 0;
  const isSoon = daysLeft(rotation.issuing_not_after, now) <= SOON_DAYS;
  const group = connection.group ?? '';
  return [
    {
      name: words.database,
      standing: health.database ? 'good' : 'bad',
      text: health.database ? words.databaseUp : words.databaseDown,
    },
    {
      name: words.limits,
      standing: health.rate_limits === 'fallback' ? 'attention' : 'good',
      text: words.limitsAre[health.rate_limits] ?? health.rate_limits,
    },
    {
      name: words.crl,
      standing: isFresh ? 'good' : 'bad',
      text: `${isFresh ? words.crlFresh : words.crlStale} ${rotation.crl_number}.`,
    },
    {
      name: words.issuing,
      standing: isSoon ? 'attention' : 'good',
      text: (
        <>
          {isSoon ? words.issuingSoon : words.issuingFine}{' '}
          <Timestamp at={rotation.issuing_not_after} precision="day" />.
        </>
      ),
    },
    {
      name: words.checkpoint,
      standing: info.checkpoint_signed_at ? 'good' : 'attention',
      text: info.checkpoint_signed_at ? (
        <>
          {words.checkpointAt} <Timestamp at={info.checkpoint_signed_at} precision="second" />.
        </>
      ) : (
        words.noCheckpoint
      ),
    },
    {
      name: words.connection,
      standing: connection.quantum_safe ? 'good' : 'attention',
      text: !group
        ? words.plain
        : `${connection.quantum_safe ? words.quantumSafe : words.classical} ${group}.`,
    },
  ];
}

/** What the bank says of itself. */
export function Checks() {
  const api = useApi();
  const info = useInfo();
  const health = useQuery({
    queryKey: ['health'],
    queryFn: () => ok(api.GET('/health')),
    refetchInterval: HEALTH_EVERY_MS,
  });
  const failed = health.error ?? info.error;
  return (
    <Section title={words.checks} about={words.checksAbout} flush>
      {failed ? (
        <ErrorState
          {...told(failed)}
          onRetry={() => {
            void health.refetch();
            void info.refetch();
          }}
        />
      ) : !health.data || !info.data ? (
        <div className="px-5 py-4">
          <SkeletonLines lines={6} />
        </div>
      ) : (
        <ul className="divide-y divide-line">
          {checksOf(health.data, info.data).map(({ name, standing, text }) => {
            const { icon: Icon, className } = ICONS[standing];
            return (
              <li key={name} className="flex items-start gap-3 px-5 py-3">
                <Icon aria-hidden className={cx('mt-0.5 size-5 shrink-0', className)} />
                <div className="grid min-w-0 gap-x-4 sm:grid-cols-[14rem_1fr] sm:gap-y-0">
                  <span className="font-medium">
                    {name}
                    <span className="sr-only">: {words[standing]}</span>
                  </span>
                  <span className="text-ink-2">{text}</span>
                </div>
              </li>
            );
          })}
          <li className="px-5 py-3 text-sm text-ink-3">
            {words.version} <span className="figures">{health.data.version}</span>
          </li>
        </ul>
      )}
    </Section>
  );
}
