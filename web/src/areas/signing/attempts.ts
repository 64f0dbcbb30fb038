/**
 * Attempts: what was signed and has no answer yet. Each is written down before it is sent, so that a lost answer, a reload
 * or a closed browser leave something to ask the bank about.
 */
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSessionSource, useSignedIn } from '../../app/session';
import { type Bank, type Draft, decodeIntent, type Intent, type SignedIntent } from '../../bank';

const PREFIX = 'attempt/';
const KEY = 'attempts';

/** As it is written down: what was signed, and where to it was sent besides its kind's own address. */
export type Sent = SignedIntent & { readonly query?: string };

export interface Attempt {
  readonly id: string;
  readonly intent: Intent;
  readonly sent: Sent;
}

const nameOf = (user: string, { intent }: SignedIntent): string =>
  `${PREFIX}${user}/${decodeIntent(intent).id}`;

export const writeDown = (bank: Bank, user: string, sent: Sent): Promise<void> =>
  bank.store.put(nameOf(user, sent), sent);

export const strikeOut = (bank: Bank, user: string, sent: Sent): Promise<void> =>
  bank.store.delete(nameOf(user, sent));

/** What some page of this tab deals with: the bank is not asked about it a second time beside that page. */
const dealtWith = new Map<string, number>();

const changeCount = (client: QueryClient, id: string, by: 1 | -1): void => {
  const count = (dealtWith.get(id) ?? 0) + by;
  if (count > 0) dealtWith.set(id, count);
  else dealtWith.delete(id);
  void client.invalidateQueries({ queryKey: [KEY] });
};

/** While the calling component is there it deals with the attempt of this id. */
export function useDealsWith(id: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (id === undefined) return;
    changeCount(client, id, 1);
    return () => changeCount(client, id, -1);
  }, [client, id]);
}

/** As a draft, to be reviewed again. */
export const draftOf = ({ id, intent, sent }: Attempt): Draft => ({
  id,
  intent,
  bytes: sent.intent,
  details: sent.details,
  file: sent.file,
});

async function standing(bank: Bank, user: string): Promise<Attempt[]> {
  const names = await bank.store.names(`${PREFIX}${user}/`);
  const kept = await Promise.all(names.map((name) => bank.store.get(name)));
  return kept
    .filter((one): one is Sent => typeof one === 'object' && one !== null)
    .map((sent) => {
      const intent = decodeIntent(sent.intent);
      return { id: intent.id, intent, sent };
    })
    .filter(({ id }) => !dealtWith.has(id));
}

/** Attempts of this person in this browser of which nobody knows the outcome, and with which no page deals now. */
export function useStandingAttempts() {
  const source = useSessionSource();
  const { userId } = useSignedIn();
  return useQuery({
    queryKey: [KEY, userId],
    staleTime: 0,
    queryFn: async () => standing(await source.bank(), userId),
  });
}
