/** What the pages of a customer read, under one key each, so that what changed is read again everywhere. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useApi, useSignedIn } from '../../app/session';
import { whole } from '../../app/whole';
import { accountNumberOf, groupedNumber } from '../../bank';
import { intents } from '../../text/en/intents';

export type Account = Schemas['AccountView'];
export type Payee = Schemas['BeneficiaryView'];
export type Movement = Schemas['TransferView'];
export type Order = Schemas['StandingOrderView'];

/** As many as the bank gives at once: pages of accounts and payees are for banks among customers. */
const WHOLE_PAGE = 200;
const WHOLE_LIST_MAX = 10;

/** The caller's accounts, those that are open first. */
export function useAccounts() {
  const api = useApi();
  const { userId } = useSignedIn();
  return useQuery({
    queryKey: ['accounts', userId],
    queryFn: () =>
      whole(
        (cursor) =>
          ok(
            api.GET('/api/accounts', {
              params: { query: { limit: WHOLE_PAGE, ...(cursor ? { cursor } : {}) } },
            }),
          ),
        WHOLE_LIST_MAX,
      ),
    select: byOpen,
  });
}

const byOpen = ({ items }: { items: Account[] }): Account[] =>
  items.toSorted((one, other) => Number(one.closed) - Number(other.closed));

/** Whom the caller keeps as payees. */
export function usePayees() {
  const api = useApi();
  const { userId } = useSignedIn();
  return useQuery({
    queryKey: ['payees', userId],
    queryFn: () =>
      whole(
        (cursor) =>
          ok(
            api.GET('/api/beneficiaries', {
              params: { query: { limit: WHOLE_PAGE, ...(cursor ? { cursor } : {}) } },
            }),
          ),
        WHOLE_LIST_MAX,
      ),
    select: ({ items }) => items,
  });
}

/** After something was signed: nothing that was shown before is taken for true any more. */
export function useReadAgain(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await client.invalidateQueries();
  }, [client]);
}

/** What one calls an account: a payee's name, one's own account, else its number, which follows from its id. */
export interface Named {
  name: string;
  number: string;
  own: boolean;
  /** Whether a name is known, not only the number. */
  known: boolean;
}

export function useNames(): (account: string) => Named {
  const accounts = useAccounts().data;
  const payees = usePayees().data;
  return useMemo(() => {
    const own = new Map(accounts?.map((account) => [account.id, account]));
    const kept = new Map(payees?.map((payee) => [payee.account, payee]));
    return (id: string): Named => {
      const number = groupedNumber(accountNumberOf(id));
      const mine = own.get(id);
      if (mine) return { name: intents.accountIn(mine.asset), number, own: true, known: true };
      const name = kept.get(id)?.name;
      return { name: name ?? number, number, own: false, known: Boolean(name) };
    };
  }, [accounts, payees]);
}

const SHOWN_END = 4;

/** An account among others: its asset, and the end of its number. */
export const accountLabel = (account: Account): string =>
  `${intents.accountIn(account.asset)} ·· ${account.number.slice(-SHOWN_END)}`;

/** A text that travelled with a payment. */
export const textOf = (details: unknown, name: string): string | undefined => {
  const value = (details as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** A movement as its account sees it: minus for what left. Digits only, so that it stays exact. */
export const signedAmount = (movement: Movement, account: string): string =>
  movement.debit === account && movement.credit !== account ? `-${movement.amount}` : movement.amount;

const HOURS_OF_NEW = 24;
const HOUR_MS = 3_600_000;

/** Until when the smaller limit of a new payee holds by their entry; `undefined` where it does not count at all. */
export const newUntil = (payee: Payee): Date | undefined =>
  payee.counts_since ? new Date(new Date(payee.counts_since).getTime() + HOURS_OF_NEW * HOUR_MS) : undefined;

/** A day of UTC as the bank counts it: `2026-11-22`. */
export const utcDay = (at: Date): string => at.toISOString().slice(0, 10);
