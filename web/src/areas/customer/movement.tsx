import { Link } from '@tanstack/react-router';
import { FileQuestion } from 'lucide-react';
import { useState } from 'react';
import { useAllowed } from '../../app/navigation';
import { Problem, told } from '../../app/problem';
import { accountNumberOf } from '../../bank';
import { customer } from '../../text/en/customer';
import { money } from '../../text/en/money';
import {
  Button,
  buttonClass,
  Day,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  formatMoney,
  Hash,
  Money,
  SkeletonLines,
  Tabs,
  Timestamp,
} from '../../ui';
import { Reverse } from '../money/reverse';
import { Proof } from '../signing/proof';
import { Party } from '../signing/rows';
import { type Account, signedAmount, textOf, useNames } from './data';
import { useTransferReceipt } from './receipt';

const words = customer.account;

/** One movement: what it was, and the proof of it. */
export function MovementDrawer({
  id,
  account,
  tab,
  onTab,
  onClose,
}: {
  id: string | undefined;
  account: Account;
  tab: string;
  onTab: (tab: string) => void;
  onClose: () => void;
}) {
  const named = useNames();
  const found = useTransferReceipt(id);
  const allowed = useAllowed();
  const [reversing, setReversing] = useState(false);
  const movement = found.data?.movement;
  const isOut = movement?.debit === account.id;
  const who = movement && named(isOut ? movement.credit : movement.debit);
  // Half of an exchange is not given back.
  const mayReverse =
    movement?.code === 'ok' && !movement.rate && (allowed?.has('POST /api/transactions/reverse') ?? false);
  if (reversing && movement) {
    return <Reverse transfer={movement} unit={account} onClose={() => setReversing(false)} />;
  }
  return (
    <Drawer
      open={id !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={who ? (isOut ? words.paidTo(who.name) : words.paidFrom(who.name)) : words.details}
      description={movement && <Timestamp at={movement.at} precision="second" />}
      actions={
        movement &&
        !account.closed &&
        (isOut ? (
          <Link
            to="/transfer"
            search={
              {
                from: account.id,
                to: accountNumberOf(movement.credit),
                amount: formatMoney(movement.amount, account.asset, account.scale).replace(/[^0-9.]/g, ''),
                ...(textOf(movement.details, 'memo') ? { memo: textOf(movement.details, 'memo') } : {}),
              } as never
            }
            className={buttonClass()}
          >
            {words.payAgain}
          </Link>
        ) : (
          mayReverse && <Button onClick={() => setReversing(true)}>{money.reverse.action}</Button>
        ))
      }
    >
      {found.isError ? (
        <ErrorState
          {...told(found.error)}
          {...(found.error instanceof Problem && found.error.status === 404 ? { title: words.noSuch } : {})}
          onRetry={() => void found.refetch()}
        />
      ) : !movement || !who ? (
        <SkeletonLines lines={6} />
      ) : (
        <>
          <p className="mb-3">
            <Money
              minor={signedAmount(movement, account.id)}
              asset={movement.asset}
              scale={account.scale}
              size="3xl"
              signed
            />
          </p>
          <Tabs
            label={words.details}
            value={tab === 'proof' ? 'proof' : 'details'}
            onChange={onTab}
            tabs={[
              {
                id: 'details',
                label: words.details,
                panel: (
                  <Facts
                    items={[
                      [isOut ? words.payee : words.payer, <Party key="who" named={who} />],
                      textOf(movement.details, 'memo') !== undefined && [
                        words.memo,
                        textOf(movement.details, 'memo'),
                      ],
                      textOf(movement.details, 'end_to_end_id') !== undefined && [
                        words.endToEnd,
                        textOf(movement.details, 'end_to_end_id'),
                      ],
                      [words.posted, <Timestamp key="at" at={movement.at} precision="second" />],
                      Boolean(movement.value_on) && [
                        words.valueDate,
                        <Day key="value" day={movement.value_on ?? ''} />,
                      ],
                      Boolean(movement.rate) && [words.rate, movement.rate],
                      [words.reference, <Hash key="intent" value={movement.intent_id} whole />],
                      movement.id !== movement.intent_id && [
                        words.transfer,
                        <Hash key="id" value={movement.id} whole />,
                      ],
                    ]}
                  />
                ),
              },
              {
                id: 'proof',
                label: words.proof,
                panel: found.data?.receipt ? (
                  <Proof receipt={found.data.receipt} />
                ) : (
                  <EmptyState
                    icon={<FileQuestion aria-hidden />}
                    title={words.noReceipt}
                    action={
                      <Link
                        to="/statements"
                        search={
                          {
                            account: account.id,
                            from: movement.at.slice(0, 10),
                            to: movement.at.slice(0, 10),
                          } as never
                        }
                        className={buttonClass()}
                      >
                        {words.toStatement}
                      </Link>
                    }
                  >
                    {words.noReceiptAbout}
                  </EmptyState>
                ),
              },
            ]}
          />
        </>
      )}
    </Drawer>
  );
}
