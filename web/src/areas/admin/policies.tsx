import { useQuery } from '@tanstack/react-query';
import { Scale } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { useApi, useSignedIn } from '../../app/session';
import { wish } from '../../bank';
import { admin } from '../../text/en/admin';
import { intents } from '../../text/en/intents';
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  Field,
  Hash,
  Input,
  type Mood,
  Section,
  Select,
  Table,
  Textarea,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { changes, readValue, writeValue } from './policy';

const words = admin.system;
type Policy = Schemas['PolicyView'];
type Proposal = Schemas['ProposalView'];

const POLICIES = ['limits', 'approvals', 'risk', 'interest', 'fees', 'rates', 'calendar'] as const;
const PROPOSAL_MOODS: Record<string, Mood> = { proposed: 'warn', approved: 'good', refused: 'neutral' };
const pretty = (value: string): string => JSON.stringify(readValue(value) ?? {}, null, 2);
const policyName = (policy: string): string =>
  intents.values.policy[policy as keyof typeof intents.values.policy] ?? policy;

/** Members of a value, one a line. */
const Members = ({ value }: { value: string }) => (
  <dl className="figures grid grid-cols-[auto_1fr] content-start gap-x-4 gap-y-0.5 text-sm">
    {Object.entries(readValue(value) ?? {}).map(([member, told]) => (
      <div key={member} className="contents">
        <dt className="text-ink-3">
          <code>{member}</code>
        </dt>
        <dd className="min-w-0 break-all">{told}</dd>
      </div>
    ))}
  </dl>
);

function Diff({ before, after }: { before: string | undefined; after: string }) {
  const found = changes(before === undefined ? undefined : readValue(before), readValue(after) ?? {});
  if (found.length === 0) return <p className="text-sm text-ink-2">{words.unchanged}</p>;
  return (
    <table className="figures w-full text-left text-sm">
      <thead className="text-xs text-ink-3">
        <tr>
          <th scope="col" className="py-1 pr-3 font-medium">
            {words.value}
          </th>
          <th scope="col" className="py-1 pr-3 font-medium">
            {words.before}
          </th>
          <th scope="col" className="py-1 font-medium">
            {words.after}
          </th>
        </tr>
      </thead>
      <tbody>
        {found.map((change) => (
          <tr key={change.member} className="border-t border-line align-top">
            <th scope="row" className="py-1 pr-3 font-normal">
              <code>{change.member}</code>
            </th>
            <td className="py-1 pr-3 break-all text-bad">
              {change.before === undefined ? (
                <span className="text-ink-3">{words.notSet}</span>
              ) : (
                <del>{change.before}</del>
              )}
            </td>
            <td className="py-1 break-all text-good">
              {change.after === undefined ? (
                <span className="text-ink-3">{words.notSet}</span>
              ) : (
                <ins className="no-underline">{change.after}</ins>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is in force, what is proposed, and what the difference is. */
export function Policies() {
  const api = useApi();
  const { userId } = useSignedIn();
  const [proposing, setProposing] = useState<Policy | 'new'>();
  const [deciding, setDeciding] = useState<{ proposal: Proposal; approved: boolean }>();
  const policies = useQuery({ queryKey: ['policies'], queryFn: () => ok(api.GET('/api/policies')) });
  const error = policies.isError ? { ...told(policies.error), onRetry: () => void policies.refetch() } : null;
  const inForce = (policy: string, scope: string): string | undefined =>
    policies.data?.in_force.find((one) => one.policy === policy && one.scope === scope)?.value;
  const propose = (
    <Button tone="primary" onClick={() => setProposing('new')}>
      {words.propose}
    </Button>
  );
  const proposals = policies.data?.proposals.toSorted((a, b) => b.proposed_at.localeCompare(a.proposed_at));
  const columns: Column<Policy>[] = [
    { id: 'policy', header: words.policy, cell: (one) => policyName(one.policy) },
    { id: 'scope', header: words.scope, cell: (one) => <code className="break-all">{one.scope}</code> },
    { id: 'value', header: words.value, cell: (one) => <Members value={one.value} /> },
    {
      id: 'since',
      header: words.since,
      wideOnly: true,
      cell: (one) => (one.proposal ? <Timestamp at={one.since} /> : words.founded),
    },
    {
      id: 'do',
      header: <span className="sr-only">{words.propose}</span>,
      align: 'right',
      cell: (one) => (
        <Button size="sm" onClick={() => setProposing(one)}>
          {words.proposeThis}
        </Button>
      ),
    },
  ];
  return (
    <>
      {(proposals?.length ?? 0) > 0 && (
        <Section title={words.proposals} flush>
          <ul className="divide-y divide-line">
            {proposals?.map((one) => (
              <li key={one.proposal} className="grid gap-3 px-5 py-4 lg:grid-cols-[16rem_1fr_auto]">
                <div>
                  <p className="font-medium">{policyName(one.policy)}</p>
                  <p className="text-sm text-ink-2">
                    <code className="break-all">{one.scope}</code>
                  </p>
                  <p className="mt-1.5">
                    <Badge mood={PROPOSAL_MOODS[one.status] ?? 'neutral'}>
                      {words.states[one.status] ?? one.status}
                    </Badge>
                  </p>
                  <p className="mt-1.5 text-sm text-ink-3">
                    {words.proposedBy}{' '}
                    {one.proposed_by === userId ? admin.people.you : <Hash value={one.proposed_by} />},{' '}
                    <Timestamp at={one.proposed_at} />
                  </p>
                  {one.decided_by && one.decided_at && (
                    <p className="text-sm text-ink-3">
                      {words.decidedBy}{' '}
                      {one.decided_by === userId ? admin.people.you : <Hash value={one.decided_by} />},{' '}
                      <Timestamp at={one.decided_at} />
                    </p>
                  )}
                </div>
                {one.status === 'proposed' ? (
                  <Diff before={inForce(one.policy, one.scope)} after={one.value} />
                ) : (
                  <Members value={one.value} />
                )}
                {one.status === 'proposed' &&
                  (one.proposed_by === userId ? (
                    <p className="text-sm text-ink-3">{words.ownProposal}</p>
                  ) : (
                    <div className="flex gap-2">
                      <Button
                        size="sm"
                        tone="primary"
                        onClick={() => setDeciding({ proposal: one, approved: true })}
                      >
                        {words.approve}
                      </Button>
                      <Button size="sm" onClick={() => setDeciding({ proposal: one, approved: false })}>
                        {words.refuse}
                      </Button>
                    </div>
                  ))}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section
        title={words.inForce}
        actions={policies.data && policies.data.in_force.length > 0 && propose}
        flush
      >
        <Table
          label={words.inForce}
          dense
          columns={columns}
          rows={policies.data?.in_force}
          rowKey={(one) => `${one.policy} ${one.scope}`}
          error={error}
          empty={
            <EmptyState icon={<Scale aria-hidden />} title={words.noPolicies} action={propose}>
              {words.noPoliciesAbout}
            </EmptyState>
          }
        />
      </Section>
      {proposing && (
        <Propose
          from={proposing === 'new' ? null : proposing}
          inForce={inForce}
          onClose={() => setProposing(undefined)}
        />
      )}
      {deciding && (
        <SignDialog
          title={deciding.approved ? words.approve : words.refuse}
          danger={!deciding.approved}
          action={deciding.approved ? words.approveSign : words.refuseSign}
          prepare={() =>
            wish('policy.approve', { proposal: deciding.proposal.proposal, approved: deciding.approved })
          }
          also={() => [
            [words.policy, policyName(deciding.proposal.policy)],
            [words.scope, <code key="scope">{deciding.proposal.scope}</code>],
            [
              words.diff,
              <Diff
                key="diff"
                before={inForce(deciding.proposal.policy, deciding.proposal.scope)}
                after={deciding.proposal.value}
              />,
            ],
          ]}
          done={() => (deciding.approved ? words.decided.yes : words.decided.no)}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </>
  );
}

function Propose({
  from,
  inForce,
  onClose,
}: {
  from: Policy | null;
  inForce: (policy: string, scope: string) => string | undefined;
  onClose: () => void;
}) {
  const [policy, setPolicy] = useState<string>(from?.policy ?? 'limits');
  const [scope, setScope] = useState(from?.scope ?? 'bank');
  // Until something is typed it says what is in force: a proposal is a change of that.
  const [own, setOwn] = useState<string>();
  const typed = own ?? pretty(from?.value ?? inForce(policy, scope.trim()) ?? '{}');
  const value = readValue(typed);
  return (
    <SignDialog
      onClose={onClose}
      title={from ? words.proposeThis : words.propose}
      about={words.proposeAbout}
      action={words.proposeSign}
      ready={value !== undefined && scope.trim() !== ''}
      prepare={() => wish('policy.propose', { policy, scope: scope.trim(), value: writeValue(value ?? {}) })}
      form={(problem) => (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={words.policy} error={fieldError(problem, 'policy')}>
              <Select
                value={policy}
                onChange={setPolicy}
                disabled={from !== null}
                options={POLICIES.map((name) => ({ value: name, label: policyName(name) }))}
              />
            </Field>
            <Field label={words.scope} hint={words.scopeHint} error={fieldError(problem, 'scope')}>
              <Input
                value={scope}
                maxLength={64}
                disabled={from !== null}
                onChange={(event) => setScope(event.target.value)}
              />
            </Field>
          </div>
          <Field
            label={words.value}
            hint={words.valueHint}
            error={value === undefined ? words.valueWrong : fieldError(problem, 'value')}
          >
            <Textarea
              rows={8}
              spellCheck={false}
              className="font-mono text-sm"
              value={typed}
              onChange={(event) => setOwn(event.target.value)}
            />
          </Field>
          {value && (
            <div>
              <p className="mb-1 text-sm font-medium">{words.diff}</p>
              <Diff before={inForce(policy, scope.trim())} after={writeValue(value)} />
            </div>
          )}
        </>
      )}
      also={({ kind, body }) =>
        kind === 'policy.propose'
          ? [[words.diff, <Diff key="diff" before={inForce(body.policy, body.scope)} after={body.value} />]]
          : []
      }
      done={() => words.proposed}
    />
  );
}
