import type { ReactNode } from 'react';
import type { Intent, Kind } from '../../bank';
import { shell } from '../../text';
import { staff } from '../../text/en/staff';
import { Facts, Hash, Money, Timestamp } from '../../ui';
import { AccountName, Person } from './people';

type Fact = readonly [ReactNode, ReactNode];
type Members = Readonly<Record<string, unknown>>;

const PEOPLE = new Set(['user', 'owner']);
const ACCOUNTS = new Set(['account', 'debit', 'credit']);
const TIMES = new Set(['from', 'to', 'expires_at']);
const WORDS = new Set(['decision', 'kind', 'reason', 'subject']);
/** Longer ones are bytes: shortened, and copied whole. */
const TEXT_MAX = 200;

const label = (name: string): string => staff.members[name] ?? name.replaceAll('_', ' ');

const person = (name: string, kind: Kind, body: Members): boolean =>
  PEOPLE.has(name) || (name === 'value' && kind === 'audit.report' && body['subject'] === 'user');

const account = (name: string, kind: Kind, body: Members): boolean =>
  ACCOUNTS.has(name) || (name === 'value' && kind === 'audit.report' && body['subject'] === 'account');

function shown(name: string, value: unknown, kind: Kind, body: Members): ReactNode {
  if (typeof value === 'boolean') return value ? staff.yes : staff.no;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (person(name, kind, body)) return <Person id={value} />;
  if (account(name, kind, body)) return <AccountName id={value} />;
  if (TIMES.has(name)) return <Timestamp at={value} precision="second" />;
  if (WORDS.has(name)) return staff.words[value] ?? value;
  if (name === 'role') return shell.roles[value as keyof typeof shell.roles] ?? value;
  if (/^[0-9a-f]{64}$/.test(value) || value.length > TEXT_MAX) return <Hash value={value} />;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) return <Hash value={value} whole />;
  return value;
}

/** The members of a body as a person reads them. What is not there was not signed. */
export function bodyFacts(intent: Pick<Intent, 'kind' | 'body'>): Fact[] {
  const body = intent.body as Members;
  if (intent.kind === 'account.freeze') {
    // Said as what remains possible: a double negative is how accounts stay open that should not.
    const { debit, credit } = body;
    return [
      [staff.members['account'], <AccountName key="account" id={String(body['account'])} />],
      [staff.freezeDebit, debit ? staff.no : staff.yes],
      [staff.freezeCredit, credit ? staff.no : staff.yes],
      [staff.members['reason'], String(body['reason'])],
    ];
  }
  const facts: Fact[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (name === 'asset' && 'amount' in body) continue;
    if (name === 'value' && value === '') continue;
    const money = name === 'amount' && typeof value === 'string' && typeof body['asset'] === 'string';
    const text = money ? (
      <Money minor={value as string} asset={body['asset'] as string} />
    ) : (
      shown(name, value, intent.kind, body)
    );
    facts.push([label(name), text]);
  }
  return facts;
}

/** What a document says. */
export const DocumentFacts = ({ intent }: { intent: Pick<Intent, 'kind' | 'body'> }) => (
  <Facts items={bodyFacts(intent)} />
);

/** The name of a kind of intent or event, as people say it. */
export const kindName = (kind: string): string =>
  staff.kinds[kind as Kind] ?? staff.events[kind as keyof typeof staff.events] ?? kind;
