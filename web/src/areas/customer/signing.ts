/**
 * From a reviewed draft to what became of it. One attempt has one id; a signed document is written down before it is
 * sent, so that a lost answer, a reload or a closed browser leave something to ask the bank about, and nothing is signed
 * a second time.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { useSessionSource, useSignedIn } from '../../app/session';
import {
  type Bank,
  type Draft,
  decodeIntent,
  type Intent,
  Problem,
  Refused,
  type Settled,
  type SignedIntent,
  Unreachable,
} from '../../bank';

const PREFIX = 'attempt/';
const nameOf = (user: string, id: string): string => `${PREFIX}${user}/${id}`;

/** A document that was signed and whose answer has not come yet. */
export interface Attempt {
  id: string;
  intent: Intent;
  signed: SignedIntent;
}

async function standing(bank: Bank, user: string): Promise<Attempt[]> {
  const names = await bank.store.names(`${PREFIX}${user}/`);
  const kept = await Promise.all(names.map((name) => bank.store.get(name)));
  return kept
    .filter((one): one is SignedIntent => typeof one === 'object' && one !== null)
    .map((signed) => {
      const intent = decodeIntent(signed.intent);
      return { id: intent.id, intent, signed };
    });
}

/** Attempts of this person in this browser that nobody knows the outcome of. */
export function useStandingAttempts() {
  const source = useSessionSource();
  const { userId } = useSignedIn();
  return useQuery({
    queryKey: ['attempts', userId],
    staleTime: 0,
    queryFn: async () => standing(await source.bank(), userId),
  });
}

export type Signing =
  | { phase: 'idle' }
  /** The key is asked for; nothing left this browser. */
  | { phase: 'signing' }
  /** The bank has it, or is about to. */
  | { phase: 'sending' }
  /** No answer came: it may have taken effect. */
  | { phase: 'unknown'; signed: SignedIntent; error: unknown }
  /** It did not take effect, and the bank keeps no record of it. */
  | { phase: 'failed'; error: unknown }
  /** Recorded, one way or the other, with a verified receipt. */
  | { phase: 'settled'; settled: Settled; refusal: Refused | undefined };

/** Whether an answer leaves open what became of the document. */
const leavesOpen = (error: unknown): boolean => {
  if (error instanceof Unreachable) return true;
  // What cannot be believed proves nothing, neither that it was done nor that it was not.
  if (!(error instanceof Problem)) return true;
  return error.status >= 500 || error.status === 401 || error.status === 429 || error.wantsProof;
};

export function useSigning(onSettled?: (settled: Settled, refusal: Refused | undefined) => void): {
  state: Signing;
  start: (draft: Draft) => void;
  again: (signed: SignedIntent) => void;
  reset: () => void;
} {
  const source = useSessionSource();
  const client = useQueryClient();
  const { userId } = useSignedIn();
  const [state, setState] = useState<Signing>({ phase: 'idle' });
  const busy = useRef(false);
  const told = useRef(onSettled);
  told.current = onSettled;

  const settle = useCallback(
    async (signed: SignedIntent) => {
      setState({ phase: 'sending' });
      const { session } = source;
      const bank = await source.bank();
      const name = nameOf(userId, decodeIntent(signed.intent).id);
      const finish = async (settled: Settled, refusal: Refused | undefined) => {
        await bank.store.delete(name);
        setState({ phase: 'settled', settled, refusal });
        void client.invalidateQueries();
        told.current?.(settled, refusal);
      };
      const send = () => session.send(signed);
      try {
        await bank.store.put(name, signed);
        const settled = await send().catch(async (error) => {
          if (!(error instanceof Problem) || !error.wantsProof) throw error;
          await session.prove();
          return send();
        });
        await finish(settled, undefined);
      } catch (error) {
        if (error instanceof Refused) return finish(error.settled, error);
        if (leavesOpen(error)) return setState({ phase: 'unknown', signed, error });
        await bank.store.delete(name);
        setState({ phase: 'failed', error });
      }
    },
    [source, userId, client],
  );

  const once = useCallback(async (work: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    try {
      await work();
    } finally {
      busy.current = false;
    }
  }, []);

  const start = useCallback(
    (draft: Draft) =>
      void once(async () => {
        setState({ phase: 'signing' });
        let signed: SignedIntent;
        try {
          signed = await (await source.bank()).sign(draft);
        } catch (error) {
          return setState({ phase: 'failed', error });
        }
        await settle(signed);
      }),
    [once, settle, source],
  );
  const again = useCallback((signed: SignedIntent) => void once(() => settle(signed)), [once, settle]);
  const reset = useCallback(() => setState({ phase: 'idle' }), []);
  return { state, start, again, reset };
}
