import { Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSession } from '../../app/session';
import { accountNumberOf, type Draft, groupedNumber, type Intent, intentDigest } from '../../bank';
import { customer } from '../../text/en/customer';
import { Button, Day, Facts, Hash, Money, Timestamp } from '../../ui';
import { type Named, useAccounts, useNames } from './data';

const words = customer.review;

export interface Row {
  /** The member of the document, so that a page can offer to change it. */
  id: string;
  label: string;
  value: ReactNode;
}

export const Party = ({ named }: { named: Named }) => (
  <span className="block min-w-0">
    {named.known && <span className="block font-medium">{named.name}</span>}
    <span className={named.known ? 'figures block text-sm text-ink-3' : 'figures block'}>{named.number}</span>
  </span>
);

/** What the canonical bytes say, in words: nothing here comes from a form. */
export function rowsOf(
  { intent, details }: Pick<Draft, 'intent' | 'details'>,
  named: (account: string) => Named,
  scale: (asset: string) => number | undefined,
): Row[] {
  const text = details?.value ?? {};
  const money = (amount: string, asset: string) => {
    const places = scale(asset);
    return (
      <Money minor={amount} asset={asset} size="xl" {...(places === undefined ? {} : { scale: places })} />
    );
  };
  const party = (id: string, label: string, account: string): Row => ({
    id,
    label,
    value: <Party named={named(account)} />,
  });
  const memo = text['memo'] ? [{ id: 'memo', label: words.memo, value: text['memo'] }] : [];
  switch (intent.kind) {
    case 'transfer': {
      const { amount, asset, debit, credit } = intent.body;
      return [
        { id: 'amount', label: words.amount, value: money(amount, asset) },
        party('credit', words.to, credit),
        party('debit', words.from, debit),
        ...memo,
      ];
    }
    case 'standing_order.place': {
      const { body } = intent;
      return [
        { id: 'amount', label: words.amount, value: money(body.amount, body.asset) },
        party('credit', words.to, body.credit),
        party('debit', words.from, body.debit),
        { id: 'rhythm', label: words.rhythm, value: customer.orders.rhythms[body.rhythm] },
        { id: 'first', label: words.firstDay, value: <Day day={body.first} /> },
        ...(body.last ? [{ id: 'last', label: words.lastDay, value: <Day day={body.last} /> }] : []),
        ...(body.count ? [{ id: 'count', label: words.count, value: body.count }] : []),
        { id: 'business_day', label: words.weekends, value: customer.orders.businessDays[body.business_day] },
        {
          id: 'short_of_funds',
          label: words.shortOfFunds,
          value: customer.orders.short[body.short_of_funds],
        },
        ...memo,
      ];
    }
    case 'standing_order.end':
      return [{ id: 'order', label: words.order, value: <Hash value={intent.body.order} /> }];
    case 'beneficiary.add': {
      const { account, name_match } = intent.body;
      return [
        { id: 'name', label: words.name, value: text['name'] ?? '' },
        { id: 'account', label: words.accountNumber, value: numberOf(account) },
        { id: 'name_match', label: words.nameCheck, value: customer.payees.signedMatch[name_match] },
        ...memo,
      ];
    }
    case 'beneficiary.change': {
      const { account, status, name_match } = intent.body;
      return [
        party('account', words.payee, account),
        { id: 'status', label: words.becomes, value: customer.payees.becomes[status] },
        ...(text['name'] ? [{ id: 'name', label: words.name, value: text['name'] }] : []),
        ...(name_match
          ? [{ id: 'name_match', label: words.nameCheck, value: customer.payees.signedMatch[name_match] }]
          : []),
      ];
    }
    case 'account.open':
      return [
        { id: 'asset', label: words.currency, value: intent.body.asset },
        { id: 'account', label: words.accountNumber, value: numberOf(intent.body.account) },
      ];
    case 'payments.file': {
      const { items, message_id, file } = intent.body;
      const sums = new Map<string, bigint>();
      for (const { amount, asset } of items) sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(amount));
      return [
        {
          id: 'totals',
          label: words.total,
          value: (
            <span className="grid gap-1">
              {[...sums].map(([asset, sum]) => (
                <span key={asset}>{money(sum.toString(), asset)}</span>
              ))}
            </span>
          ),
        },
        { id: 'items', label: words.payments, value: customer.files.count(items.length) },
        { id: 'message', label: words.message, value: message_id },
        { id: 'file', label: words.file, value: <Hash value={file} /> },
      ];
    }
    default:
      return [];
  }
}

const numberOf = (account: string): ReactNode => (
  <span className="figures">{groupedNumber(accountNumberOf(account))}</span>
);

/** The rows of a draft, as this customer's names have them. */
export function useRows(draft: Draft | undefined): Row[] {
  const named = useNames();
  const accounts = useAccounts().data;
  if (!draft) return [];
  const scale = (asset: string) => accounts?.find((account) => account.asset === asset)?.scale;
  return rowsOf(draft, named, scale);
}

/** The review: one row a member, each with its way back. */
export function Review({
  draft,
  onChange,
  className,
}: {
  draft: Draft;
  onChange?: (row: string) => void;
  className?: string;
}) {
  const rows = useRows(draft);
  return (
    <div className={className}>
      <dl className="divide-y divide-line">
        {rows.map(({ id, label, value }) => (
          <div key={id} className="grid gap-x-4 gap-y-0.5 py-3 sm:grid-cols-[9rem_1fr]">
            <dt className="text-sm text-ink-3 sm:pt-0.5">{label}</dt>
            <dd className="flex min-w-0 items-start justify-between gap-3 break-words">
              <span className="min-w-0">{value}</span>
              {onChange && (
                <Button
                  size="sm"
                  tone="quiet"
                  icon={<Pencil aria-hidden className="size-3.5" />}
                  className="-my-1 shrink-0"
                  aria-label={words.changeOf(label)}
                  onClick={() => onChange(id)}
                >
                  {words.change}
                </Button>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <Technical draft={draft} />
    </div>
  );
}

/** The very bytes, for those who want to compare them. */
export function Technical({ draft }: { draft: Pick<Draft, 'bytes' | 'intent'> }) {
  const { intent } = draft;
  return (
    <details className="group mt-1 border-t border-line pt-3">
      <summary className="text-sm text-ink-2 hover:text-ink">{words.technical}</summary>
      <Facts
        className="mt-2 text-sm"
        items={[
          [words.digest, <Hash key="digest" value={intentDigest(draft.bytes)} whole />],
          [words.intentId, <Hash key="id" value={intent.id} whole />],
          [words.kind, intent.kind],
          [words.bank, intent.bank],
          [words.at, <Timestamp key="at" at={intent.at} precision="second" />],
          [words.place, intent.seq.toString()],
          [words.certificate, <Hash key="certificate" value={intent.certificate} />],
          [words.device, <Hash key="device" value={intent.device} />],
          [
            words.bytes,
            <pre
              key="bytes"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
              tabIndex={0}
              className="max-h-48 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs break-all whitespace-pre-wrap"
            >
              {new TextDecoder().decode(draft.bytes)}
            </pre>,
          ],
        ]}
      />
    </details>
  );
}

/** Why this session signs nothing; `undefined` where it does. */
export function useCannotSign(): string | undefined {
  const session = useSession();
  return session.status === 'signed-in' && session.aal < 3 ? customer.signing.cannot : undefined;
}

export type { Intent };
