/** What a document says, member by member, in words. Nothing here comes from a form, and no member is left out. */
import { Fragment, type ReactNode } from 'react';
import { useSignedIn } from '../../app/session';
import { accountNumberOf, type Details, groupedNumber, type Intent, type Kind } from '../../bank';
import { shell } from '../../text';
import { intents as words } from '../../text/en/intents';
import { Day, Hash, Money, Timestamp } from '../../ui';
import { type Named, useAccounts, useNames } from '../customer/data';
import { AccountName, Person } from '../staff/people';

export interface Row {
  /** The member of the document, so that a page can offer to change it. */
  id: string;
  label: string;
  value: ReactNode;
}

type Members = Readonly<Record<string, unknown>>;
type Size = 'base' | 'xl';

/** What is read first; members that are not among these come after it, in their order. */
const FIRST = [
  'total',
  'items',
  'amount',
  'sell_amount',
  'buy_amount',
  'rate',
  'name',
  'email',
  'credit',
  'debit',
  'user',
  'account',
  'payment',
  'transfer',
  'hold',
  'locked',
  'decision',
  'approved',
  'subject',
  'value',
  'asset',
  'rhythm',
  'first',
  'last',
  'count',
  'business_day',
  'short_of_funds',
  'status',
  'name_match',
  'reason',
  'memo',
];
const place = (name: string): number => {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
};

const ACCOUNTS = new Set(['account', 'debit', 'credit']);
const PEOPLE = new Set(['user', 'owner']);
const DAYS = new Set(['first', 'last']);
const TIMES = new Set(['from', 'to', 'expires_at']);
const ROLES = new Set(['role', 'base']);
/** An amount's asset is said with it. */
const MONEY: Readonly<Record<string, string>> = {
  amount: 'asset',
  sell_amount: 'sell_asset',
  buy_amount: 'buy_asset',
};
/** Longer ones are bytes: shortened, and copied whole. */
const TEXT_MAX = 200;

export const Party = ({ named }: { named: Named }) => (
  <span className="block min-w-0">
    {named.known && <span className="block font-medium">{named.name}</span>}
    <span className={named.known ? 'figures block text-sm text-ink-3' : 'figures block'}>{named.number}</span>
  </span>
);

const OwnParty = ({ id }: { id: string }) => <Party named={useNames()(id)} />;

/** An account as the person who looks knows it. Its number follows from its id, so that it can be compared with the bytes. */
export function AccountOf({ id }: { id: string }) {
  const { role } = useSignedIn();
  if (role === 'customer') return <OwnParty id={id} />;
  if (role === 'system_admin') return <span className="figures">{groupedNumber(accountNumberOf(id))}</span>;
  return <AccountName id={id} />;
}

interface MoneyOf {
  minor: string;
  asset: string;
  size: Size;
}

function OwnMoney({ minor, asset, size }: MoneyOf) {
  const scale = useAccounts().data?.find((account) => account.asset === asset)?.scale;
  return <Money minor={minor} asset={asset} size={size} {...(scale === undefined ? {} : { scale })} />;
}

const MoneyOf = (of: MoneyOf) =>
  useSignedIn().role === 'customer' ? <OwnMoney {...of} /> : <Money {...of} />;

const isRecord = (value: unknown): value is Members => typeof value === 'object' && value !== null;

/** The sums of many payments, by currency. */
function Totals({ items, size }: { items: readonly unknown[]; size: Size }) {
  const sums = new Map<string, bigint>();
  for (const item of items.filter(isRecord)) {
    const asset = String(item['asset']);
    sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(String(item['amount'])));
  }
  return (
    <span className="grid gap-1">
      {[...sums].map(([asset, sum]) => (
        <Fragment key={asset}>
          <MoneyOf minor={sum.toString()} asset={asset} size={size} />
        </Fragment>
      ))}
    </span>
  );
}

const wordFor = (name: string, value: string): string | undefined =>
  (words.values as Record<string, Readonly<Record<string, string>>>)[name]?.[value];

/** What the value of a report is depends on what it is about. */
const meaningOf = (name: string, kind: Kind, body: Members): string =>
  name === 'value' && kind === 'audit.report' ? String(body['subject']) : name;

function shown(member: string, value: unknown, kind: Kind, body: Members, size: Size): ReactNode {
  if (typeof value === 'boolean') {
    const flag = words.flags[member];
    return flag ? flag[value ? 1 : 0] : value ? words.yes : words.no;
  }
  if (Array.isArray(value)) return value.join(', ') || '–';
  if (typeof value !== 'string') return JSON.stringify(value);
  const of = MONEY[member];
  if (of && typeof body[of] === 'string') return <MoneyOf minor={value} asset={body[of]} size={size} />;
  const name = meaningOf(member, kind, body);
  if (PEOPLE.has(name)) return <Person id={value} />;
  if (ACCOUNTS.has(name)) return <AccountOf id={value} />;
  if (DAYS.has(name)) return <Day day={value} />;
  if (TIMES.has(name)) return <Timestamp at={value} precision="second" />;
  if (ROLES.has(name)) return shell.roles[value as keyof typeof shell.roles] ?? value;
  const word = wordFor(name, value);
  if (word !== undefined) return word;
  if (/^[0-9a-f]{64}$/.test(value) || value.length > TEXT_MAX) return <Hash value={value} />;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) {
    return <Hash value={value} whole />;
  }
  return value;
}

const labelOf = (name: string): string => words.members[name] ?? name.replaceAll('_', ' ');

/** The rows of a document, with the free text that travels beside it and that it commits to. */
export function rowsOf(
  intent: Pick<Intent, 'kind' | 'body'>,
  details?: Details | undefined,
  size: Size = 'base',
): Row[] {
  const body = intent.body as Members;
  const row = (id: string, value: ReactNode, label = labelOf(id)): Row => ({ id, label, value });
  if (intent.kind === 'account.freeze') {
    // Said as what remains possible: a double negative is how accounts stay open that should not.
    const may = (stopped: unknown) => (stopped ? words.no : words.yes);
    return [
      row('account', <AccountOf id={String(body['account'])} />),
      row('debit', may(body['debit']), words.freezeDebit),
      row('credit', may(body['credit']), words.freezeCredit),
      row('reason', String(body['reason'])),
    ];
  }
  const text = details?.value ?? {};
  const assets = new Set(Object.entries(MONEY).flatMap(([amount, of]) => (amount in body ? [of] : [])));
  const rows = Object.entries(body).flatMap(([name, value]): Row[] => {
    if (value === undefined || value === '' || assets.has(name)) return [];
    // What it opens is shown instead; the commitment itself stands in the bytes.
    if (details && (name === 'details' || name === 'person')) return [];
    if (name === 'items' && Array.isArray(value)) {
      return [row('total', <Totals items={value} size={size} />), row('items', words.count(value.length))];
    }
    return [row(name, shown(name, value, intent.kind, body, size))];
  });
  for (const [name, value] of Object.entries(text)) rows.push(row(name, value));
  return rows.toSorted((one, other) => place(one.id) - place(other.id));
}
