import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, CircleX, Globe, Scale, Webhook } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { problemOf, told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSignedIn } from '../../app/session';
import { admin } from '../../text/en/admin';
import {
  Badge,
  Button,
  type Column,
  cx,
  EmptyState,
  ErrorState,
  Field,
  Hash,
  Input,
  type Mood,
  Page,
  Section,
  Select,
  SkeletonLines,
  Table,
  Tabs,
  Textarea,
  Timestamp,
  toast,
} from '../../ui';
import { roleName } from './people';
import { useInfo } from './pki';
import { changes, readValue, writeValue } from './policy';
import { PersonPicker } from './rights';
import { faultOf, SignDialog } from './sign';
import { daysLeft } from './timeline';

const words = admin.system;
type Policy = Schemas['PolicyView'];
type Proposal = Schemas['ProposalView'];
type Rule = Schemas['IpRuleView'];
type Hook = Schemas['WebhookView'];
type Info = Schemas['SecurityInfo'];
type Health = Schemas['Health'];

const HEALTH_EVERY_MS = 15_000;
const SOON_DAYS = 30;

export function System() {
  const allowed = useAllowed();
  const { search, set } = useListSearch();
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'health'}
        onChange={(tab) => set({ tab: tab === 'health' ? undefined : tab })}
        tabs={[
          { id: 'health', label: words.health, panel: <Checks /> },
          { id: 'policies', label: words.policies, panel: <Policies /> },
          ...(allowed?.has('GET /api/admin/ip-rules')
            ? [{ id: 'addresses', label: words.addresses, panel: <Addresses /> }]
            : []),
          ...(allowed?.has('GET /api/admin/webhooks')
            ? [{ id: 'webhooks', label: words.webhooks, panel: <Webhooks /> }]
            : []),
        ]}
      />
    </Page>
  );
}

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

function Checks() {
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

const POLICIES = ['limits', 'approvals', 'risk', 'interest', 'fees', 'rates', 'calendar'] as const;
const PROPOSAL_MOODS: Record<string, Mood> = { proposed: 'warn', approved: 'good', refused: 'neutral' };
const policyName = (policy: string): string => words.names[policy] ?? policy;

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

function Policies() {
  const api = useApi();
  const client = useQueryClient();
  const { userId } = useSignedIn();
  const [proposing, setProposing] = useState<Policy | 'new' | null>(null);
  const [deciding, setDeciding] = useState<{ proposal: Proposal; approved: boolean } | null>(null);
  const last = useRef(deciding);
  if (deciding) last.current = deciding;
  const policies = useQuery({ queryKey: ['policies'], queryFn: () => ok(api.GET('/api/policies')) });
  const fresh = () => void client.invalidateQueries({ queryKey: ['policies'] });
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
  const shown = deciding ?? last.current;
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
      <Propose
        key={proposing === null || proposing === 'new' ? 'new' : `${proposing.policy} ${proposing.scope}`}
        open={proposing !== null}
        from={proposing === 'new' ? null : proposing}
        inForce={inForce}
        onClose={() => setProposing(null)}
        onSettled={fresh}
      />
      <SignDialog
        open={deciding !== null}
        onClose={() => setDeciding(null)}
        title={shown?.approved ? words.approve : words.refuse}
        danger={shown?.approved === false}
        sign={shown?.approved ? words.approveSign : words.refuseSign}
        prepare={({ wish }) =>
          wish('policy.approve', {
            proposal: shown?.proposal.proposal ?? '',
            approved: shown?.approved ?? false,
          })
        }
        rows={(intent) =>
          intent.kind === 'policy.approve' && shown
            ? [
                [words.policy, policyName(shown.proposal.policy)],
                [words.scope, <code key="scope">{shown.proposal.scope}</code>],
                [
                  words.diff,
                  <Diff
                    key="diff"
                    before={inForce(shown.proposal.policy, shown.proposal.scope)}
                    after={shown.proposal.value}
                  />,
                ],
                [words.decisionRow, intent.body.approved ? words.approve : words.refuse],
                [admin.sign.id, <Hash key="id" value={intent.body.proposal} />],
              ]
            : []
        }
        done={() => (shown?.approved ? words.decided.yes : words.decided.no)}
        onSettled={fresh}
      />
    </>
  );
}

function Propose({
  open,
  from,
  inForce,
  onClose,
  onSettled,
}: {
  open: boolean;
  from: Policy | null;
  inForce: (policy: string, scope: string) => string | undefined;
  onClose: () => void;
  onSettled: () => void;
}) {
  const [policy, setPolicy] = useState<string>(from?.policy ?? 'limits');
  const [scope, setScope] = useState(from?.scope ?? 'bank');
  const [typed, setTyped] = useState(JSON.stringify(readValue(from?.value ?? '{}') ?? {}, null, 2));
  const value = readValue(typed);
  return (
    <SignDialog
      open={open}
      onClose={onClose}
      title={from ? words.proposeThis : words.propose}
      about={words.proposeAbout}
      sign={words.proposeSign}
      ready={value !== undefined && scope.trim() !== ''}
      prepare={({ wish }) =>
        wish('policy.propose', { policy, scope: scope.trim(), value: writeValue(value ?? {}) })
      }
      form={(problem) => (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={words.policy} error={faultOf(problem, 'policy') ?? null}>
              <Select
                value={policy}
                onChange={setPolicy}
                disabled={from !== null}
                options={POLICIES.map((name) => ({ value: name, label: policyName(name) }))}
              />
            </Field>
            <Field label={words.scope} hint={words.scopeHint} error={faultOf(problem, 'scope') ?? null}>
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
            error={value === undefined ? words.valueWrong : (faultOf(problem, 'value') ?? null)}
          >
            <Textarea
              rows={8}
              spellCheck={false}
              className="font-mono text-sm"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
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
      rows={(intent) =>
        intent.kind === 'policy.propose'
          ? [
              [words.policy, policyName(intent.body.policy)],
              [words.scope, <code key="scope">{intent.body.scope}</code>],
              [words.value, <Members key="value" value={intent.body.value} />],
              [
                words.diff,
                <Diff
                  key="diff"
                  before={inForce(intent.body.policy, intent.body.scope)}
                  after={intent.body.value}
                />,
              ],
            ]
          : []
      }
      done={() => words.proposed}
      onSettled={onSettled}
    />
  );
}

const SUBJECTS = ['customer', 'manager', 'auditor_clerk', 'system_admin'] as const;
const PERSON = 'person';
const RULE_MOODS: Record<string, Mood> = { allow: 'good', deny: 'bad' };
const subjectName = (subject: string): string =>
  subject.startsWith('role:') ? roleName(subject.slice('role:'.length)) : subject;

function Addresses() {
  const api = useApi();
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Rule | null>(null);
  const last = useRef(ending);
  if (ending) last.current = ending;
  const [who, setWho] = useState('role:manager');
  const [person, setPerson] = useState<string | null>(null);
  const subject = who === PERSON ? (person ? `user:${person}` : '') : who;
  const [network, setNetwork] = useState('');
  const [action, setAction] = useState<'allow' | 'deny'>('allow');
  const rules = useQuery({ queryKey: ['ip-rules'], queryFn: () => ok(api.GET('/api/admin/ip-rules')) });
  const fresh = () => void client.invalidateQueries({ queryKey: ['ip-rules'] });
  const add = (
    <Button tone="primary" onClick={() => setAdding(true)}>
      {words.addRule}
    </Button>
  );
  const columns: Column<Rule>[] = [
    { id: 'who', header: words.who, cell: (rule) => subjectName(rule.subject) },
    {
      id: 'action',
      header: words.action,
      cell: (rule) => (
        <Badge mood={RULE_MOODS[rule.action] ?? 'neutral'}>{words.actions[rule.action] ?? rule.action}</Badge>
      ),
    },
    { id: 'network', header: words.network, cell: (rule) => <code className="figures">{rule.network}</code> },
    {
      id: 'changed',
      header: words.changed,
      wideOnly: true,
      cell: (rule) => <Timestamp at={rule.changed_at} />,
    },
    { id: 'by', header: words.changedBy, wideOnly: true, cell: (rule) => <Hash value={rule.changed_by} /> },
    {
      id: 'do',
      header: <span className="sr-only">{words.endRule}</span>,
      align: 'right',
      cell: (rule) =>
        rule.action === 'none' ? null : (
          <Button size="sm" tone="quiet" onClick={() => setEnding(rule)}>
            {words.endRule}
          </Button>
        ),
    },
  ];
  const rows = (intent: import('../../bank').Intent): (readonly [ReactNode, ReactNode])[] =>
    intent.kind === 'ip_rule.set'
      ? [
          [words.who, subjectName(intent.body.subject)],
          [words.action, words.actions[intent.body.action]],
          [words.network, <code key="network">{intent.body.network}</code>],
        ]
      : [];
  const rule = ending ?? last.current;
  return (
    <Section title={words.addresses} flush actions={(rules.data?.items.length ?? 0) > 0 && add}>
      <Table
        label={words.addresses}
        dense
        columns={columns}
        rows={rules.data?.items}
        rowKey={(one) => one.rule}
        error={rules.isError ? { ...told(rules.error), onRetry: () => void rules.refetch() } : null}
        empty={
          <EmptyState icon={<Globe aria-hidden />} title={words.noRules} action={add}>
            {words.noRulesAbout}
          </EmptyState>
        }
      />
      <SignDialog
        open={adding}
        onClose={() => setAdding(false)}
        title={words.addRule}
        about={words.ruleAbout}
        sign={words.ruleSign}
        ready={subject !== '' && network.trim() !== ''}
        prepare={({ wish, uuid7 }) =>
          wish('ip_rule.set', { rule: uuid7(), subject, network: network.trim(), action })
        }
        form={(problem) => (
          <>
            <Field label={words.who} error={faultOf(problem, 'subject') ?? null}>
              <Select
                value={who}
                onChange={setWho}
                options={[
                  ...SUBJECTS.map((role) => ({ value: `role:${role}`, label: roleName(role) })),
                  { value: PERSON, label: words.onePerson },
                ]}
              />
            </Field>
            {who === PERSON && (
              <PersonPicker
                label={admin.rights.person}
                placeholder={admin.rights.personSearch}
                value={person}
                onChange={setPerson}
              />
            )}
            <Field label={words.action} error={faultOf(problem, 'action') ?? null}>
              <Select
                value={action}
                onChange={(next) => setAction(next === 'deny' ? 'deny' : 'allow')}
                options={(['allow', 'deny'] as const).map((value) => ({
                  value,
                  label: words.actions[value] ?? value,
                }))}
              />
            </Field>
            <Field
              label={words.network}
              hint={words.networkHint}
              error={faultOf(problem, 'network') ?? null}
              required
            >
              <Input
                value={network}
                maxLength={43}
                spellCheck={false}
                onChange={(event) => setNetwork(event.target.value)}
              />
            </Field>
          </>
        )}
        rows={rows}
        done={() => words.ruleDone}
        onSettled={() => {
          setNetwork('');
          fresh();
        }}
      />
      <SignDialog
        open={ending !== null}
        onClose={() => setEnding(null)}
        title={words.endRule}
        sign={words.endRule}
        prepare={({ wish }) =>
          wish('ip_rule.set', {
            rule: rule?.rule ?? '',
            subject: rule?.subject ?? '',
            network: rule?.network ?? '',
            action: 'none',
          })
        }
        rows={rows}
        done={() => words.ruleEnded}
        onSettled={fresh}
      />
    </Section>
  );
}

const HOOK_MOODS: Record<string, Mood> = { telling: 'good', failing: 'warn', paused: 'bad' };

function Webhooks() {
  const api = useApi();
  const client = useQueryClient();
  const hooks = useQuery({ queryKey: ['webhooks'], queryFn: () => ok(api.GET('/api/admin/webhooks')) });
  const resume = useMutation({
    mutationFn: async (hook: Hook) => {
      const path = { id: hook.webhook };
      const { response, error } = await api.POST('/api/admin/webhooks/{id}/replay', {
        params: { path },
        body: {},
      });
      if (!response.ok) throw problemOf(response, error);
    },
    onSuccess: () => {
      toast(words.resumed);
      void client.invalidateQueries({ queryKey: ['webhooks'] });
    },
    onError: (error) => toast(told(error).title, { kind: 'bad' }),
  });
  const columns: Column<Hook>[] = [
    { id: 'url', header: words.url, cell: (hook) => <span className="break-all">{hook.url}</span> },
    {
      id: 'status',
      header: words.status,
      cell: (hook) => (
        <Badge mood={HOOK_MOODS[hook.status] ?? 'neutral'}>
          {words.hookStates[hook.status] ?? hook.status}
        </Badge>
      ),
    },
    {
      id: 'kinds',
      header: words.value,
      wideOnly: true,
      cell: (hook) => <span className="text-sm text-ink-2">{hook.kinds.join(', ') || words.allKinds}</span>,
    },
    { id: 'behind', header: words.behind, align: 'right', cell: (hook) => words.leaves(hook.behind) },
    { id: 'last', header: words.lastResult, cell: (hook) => hook.last_result ?? admin.none },
    {
      id: 'do',
      header: <span className="sr-only">{words.resume}</span>,
      align: 'right',
      cell: (hook) =>
        hook.status === 'paused' || hook.status === 'failing' ? (
          <Button size="sm" busy={resume.isPending} onClick={() => resume.mutate(hook)}>
            {words.resume}
          </Button>
        ) : null,
    },
  ];
  return (
    <Section title={words.webhooks} flush>
      <Table
        label={words.webhooks}
        dense
        columns={columns}
        rows={hooks.data?.items}
        rowKey={(hook) => hook.webhook}
        error={hooks.isError ? { ...told(hooks.error), onRetry: () => void hooks.refetch() } : null}
        empty={
          <EmptyState icon={<Webhook aria-hidden />} title={words.noHooks}>
            {words.noHooksAbout}
          </EmptyState>
        }
      />
    </Section>
  );
}
