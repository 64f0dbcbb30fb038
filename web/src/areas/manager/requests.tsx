import { useQuery } from '@tanstack/react-query';
import { LifeBuoy } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { Faults, fieldError, told } from '../../app/problem';
import { useApi } from '../../app/session';
import { wish } from '../../bank';
import { manager } from '../../text/en/manager';
import {
  Badge,
  Button,
  Checkbox,
  EmptyState,
  Facts,
  Field,
  Page,
  Section,
  Table,
  Textarea,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { Invitations } from '../staff/invitations';
import { Person, useProfile } from '../staff/people';
import { useMay } from './data';

const words = manager.requests;
type Recovery = Schemas['RecoveryView'];
const REASON_MAX = 140;
const LOOK_MS = 15_000;

/** Certificates that wait for a person: invitations of staff, and recoveries of customers. */
export function Requests() {
  const api = useApi();
  const may = useMay();
  const [recovery, setRecovery] = useState<Recovery>();
  const recoveries = useQuery({
    queryKey: ['recoveries'],
    refetchInterval: LOOK_MS,
    queryFn: () => ok(api.GET('/api/manager/recoveries')),
  });
  return (
    <Page title={words.title} about={words.about}>
      <Section title={words.recoveries} about={words.recoveriesAbout} flush>
        <Table
          label={words.recoveries}
          rows={recoveries.data?.items}
          rowKey={(one) => one.request_id}
          error={
            recoveries.isError
              ? { ...told(recoveries.error), onRetry: () => void recoveries.refetch() }
              : null
          }
          empty={
            <EmptyState icon={<LifeBuoy aria-hidden />} title={words.noRecoveries}>
              {words.noRecoveriesAbout}
            </EmptyState>
          }
          columns={[
            { id: 'person', header: words.person, cell: (one) => <Person id={one.user_id} /> },
            {
              id: 'number',
              header: words.number,
              cell: (one) => <span className="figures text-lg font-semibold">{one.match_number}</span>,
            },
            {
              id: 'proof',
              header: words.proof,
              cell: (one) => (
                <Badge mood={one.proved_by_code ? 'good' : 'warn'}>
                  {one.proved_by_code ? words.byCode : words.byEmail}
                </Badge>
              ),
            },
            { id: 'ip', header: words.from, wideOnly: true, cell: (one) => one.ip },
            {
              id: 'asked',
              header: words.asked,
              wideOnly: true,
              cell: (one) => <Timestamp at={one.requested_at} relative />,
            },
            { id: 'until', header: words.until, cell: (one) => <Timestamp at={one.expires_at} relative /> },
            {
              id: 'do',
              header: '',
              align: 'right',
              cell: (one) => (
                <Button
                  size="sm"
                  disabled={!may('POST /api/manager/users/recover')}
                  onClick={() => setRecovery(one)}
                >
                  {words.recover}
                </Button>
              ),
            },
          ]}
        />
      </Section>
      <Invitations />
      {recovery && <Recover recovery={recovery} onClose={() => setRecovery(undefined)} />}
    </Page>
  );
}

/** The whole of somebody's money goes to a new key: so the number is compared, and how one made sure is written down. */
function Recover({ recovery, onClose }: { recovery: Recovery; onClose: () => void }) {
  const person = useProfile(recovery.user_id);
  const [compared, setCompared] = useState(false);
  const [reason, setReason] = useState('');
  const prepare = () => {
    const { user_id: user, registration } = recovery;
    const text = reason.trim();
    if (!compared || text === '') {
      throw new Faults({
        compared: compared ? undefined : words.comparedMissing,
        reason: text === '' ? words.reasonMissing : undefined,
      });
    }
    return wish('user.recover', { user, registration, reason: text });
  };
  const fields = (problem: unknown) => (
    <>
      <Facts
        items={[
          [
            words.person,
            person.data ? (
              `${person.data.name}, ${person.data.email}`
            ) : (
              <Person key="person" id={recovery.user_id} />
            ),
          ],
          [
            words.number,
            <span key="number" className="figures text-2xl font-semibold">
              {recovery.match_number}
            </span>,
          ],
          [words.proof, recovery.proved_by_code ? words.byCode : words.byEmail],
          [words.from, recovery.ip],
        ]}
      />
      <div>
        <Checkbox
          label={words.compared}
          checked={compared}
          onChange={(event) => setCompared(event.target.checked)}
        />
        {fieldError(problem, 'compared') && (
          <p role="alert" className="mt-1 text-sm text-bad">
            {words.comparedMissing}
          </p>
        )}
      </div>
      <Field label={words.reason} hint={words.reasonHint} required error={fieldError(problem, 'reason')}>
        <Textarea
          rows={2}
          maxLength={REASON_MAX}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
    </>
  );
  return (
    <SignDialog
      title={words.recoverTitle}
      about={words.recoverAbout}
      form={fields}
      prepare={prepare}
      onClose={onClose}
    />
  );
}
