import { useQuery } from '@tanstack/react-query';
import { Globe } from 'lucide-react';
import { useRef, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { useApi } from '../../app/session';
import { uuid7, wish } from '../../bank';
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
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { roleName } from '../staff/people';
import { ALL_ROLES } from '../staff/people-list';
import { PersonPicker } from '../staff/pickers';

const words = admin.system;
type Rule = Schemas['IpRuleView'];

const PERSON = 'person';
const RULE_MOODS: Record<string, Mood> = { allow: 'good', deny: 'bad' };
const subjectName = (subject: string): string =>
  subject.startsWith('role:') ? roleName(subject.slice('role:'.length)) : subject;

/** From where people may come. */
export function Addresses() {
  const api = useApi();
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Rule>();
  const rules = useQuery({ queryKey: ['ip-rules'], queryFn: () => ok(api.GET('/api/admin/ip-rules')) });
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
        <Badge mood={RULE_MOODS[rule.action] ?? 'neutral'}>
          {intents.values.action[rule.action as keyof typeof intents.values.action] ?? rule.action}
        </Badge>
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
      {adding && <AddRule onClose={() => setAdding(false)} />}
      {ending && (
        <SignDialog
          title={words.endRule}
          action={words.endRule}
          prepare={() =>
            wish('ip_rule.set', {
              rule: ending.rule,
              subject: ending.subject,
              network: ending.network,
              action: 'none',
            })
          }
          done={() => words.ruleEnded}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Section>
  );
}

function AddRule({ onClose }: { onClose: () => void }) {
  const rule = useRef(uuid7());
  const [who, setWho] = useState('role:manager');
  const [person, setPerson] = useState<string | null>(null);
  const subject = who === PERSON ? (person ? `user:${person}` : '') : who;
  const [network, setNetwork] = useState('');
  const [action, setAction] = useState<'allow' | 'deny'>('allow');
  return (
    <SignDialog
      onClose={onClose}
      title={words.addRule}
      about={words.ruleAbout}
      action={words.ruleSign}
      ready={subject !== '' && network.trim() !== ''}
      prepare={() => wish('ip_rule.set', { rule: rule.current, subject, network: network.trim(), action })}
      form={(problem) => (
        <>
          <Field label={words.who} error={fieldError(problem, 'subject')}>
            <Select
              value={who}
              onChange={setWho}
              options={[
                ...ALL_ROLES.map((role) => ({ value: `role:${role}`, label: roleName(role) })),
                { value: PERSON, label: words.onePerson },
              ]}
            />
          </Field>
          {who === PERSON && <PersonPicker label={admin.rights.person} value={person} onChange={setPerson} />}
          <Field label={words.action} error={fieldError(problem, 'action')}>
            <Select
              value={action}
              onChange={(next) => setAction(next === 'deny' ? 'deny' : 'allow')}
              options={(['allow', 'deny'] as const).map((value) => ({
                value,
                label: intents.values.action[value],
              }))}
            />
          </Field>
          <Field
            label={words.network}
            hint={words.networkHint}
            error={fieldError(problem, 'network')}
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
      done={() => words.ruleDone}
    />
  );
}
