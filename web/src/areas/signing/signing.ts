/**
 * From a wish to what became of it. One attempt has one id and is signed once; where no answer comes the same bytes go out
 * again, and nothing else.
 */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { useSession, useSessionSource, useSignedIn } from '../../app/session';
import {
  DeviceError,
  type Draft,
  decodeIntent,
  type Kind,
  type Prepared,
  Problem,
  Refused,
  type Session,
  type Settled,
  Unreachable,
} from '../../bank';
import { signing as words } from '../../text/en/signing';
import { type Sent, strikeOut, useDealsWith, writeDown } from './attempts';

/** What became of an attempt: recorded, one way or the other. */
export interface Outcome {
  settled: Settled;
  refusal: Refused | undefined;
}

export type Signing =
  | { phase: 'idle' }
  /** The key is asked for; nothing left this browser. */
  | { phase: 'signing' }
  /** The bank has it, or is about to. */
  | { phase: 'sending' }
  /** No answer came: it may have taken effect. */
  | { phase: 'unknown'; sent: Sent; error: unknown }
  /** It did not take effect, and the bank keeps no record of it. */
  | { phase: 'failed'; error: unknown }
  /** Recorded, with a verified receipt. */
  | ({ phase: 'settled' } & Outcome);

/** What is said while it runs. */
export const phaseText = ({ phase }: Signing): string | undefined =>
  phase === 'signing' || phase === 'sending' ? words.phases[phase] : undefined;

/** Whether an answer leaves open what became of the document. */
const leavesOpen = (error: unknown): boolean => {
  if (error instanceof Unreachable) return true;
  // What cannot be believed proves nothing, neither that it was done nor that it was not.
  if (!(error instanceof Problem)) return true;
  return error.status >= 500 || error.status === 401 || error.status === 429 || error.wantsProof;
};

/** Does what the bank does only for somebody who has just proved who they are. */
async function proven<T>(session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || !error.wantsProof) throw error;
    await session.prove();
    return work();
  }
}

/** What a dry run answers. */
export interface Forecast {
  outcome: string;
  code: string;
  title?: string;
  effects: {
    result?: Record<string, string>;
    risk?: { level: string; reasons: string[] };
  };
}

/** Kinds that are decided by more than the document, which a dry run does not get. */
const UNTRIED: ReadonlySet<Kind> = new Set<Kind>(['payments.file', 'audit.report', 'authority.rotate']);

/** What is to be signed, and what the bank would do about it. */
export interface Laid {
  draft: Draft;
  forecast: Forecast | undefined;
}

/** Lays a wish out, and tries it where the kind allows that: nothing is signed. */
export function useLaying() {
  const source = useSessionSource();
  const client = useQueryClient();
  return useMutation({
    onSuccess: ({ forecast }) => {
      // What would be refused was perhaps asked for because what is shown is not true any more.
      if (forecast?.outcome === 'refused') void client.invalidateQueries();
    },
    mutationFn: async (prepare: () => Prepared | Promise<Prepared>): Promise<Laid> => {
      const { session } = source;
      const draft = await session.draft(await prepare());
      if (UNTRIED.has(draft.intent.kind)) return { draft, forecast: undefined };
      return { draft, forecast: await proven(session, () => session.dryRun<Forecast>(draft)) };
    },
  });
}

export interface UseSigning {
  state: Signing;
  start: (draft: Draft) => void;
  again: (sent: Sent) => void;
  reset: () => void;
}

/** Signs and sends. `query` is appended to the address; `onSettled` is told once, when the bank has recorded it. */
export function useSigning({
  query,
  onSettled,
}: {
  query?: string | undefined;
  onSettled?: ((outcome: Outcome) => void) | undefined;
}): UseSigning {
  const source = useSessionSource();
  const client = useQueryClient();
  const { userId } = useSignedIn();
  const [state, setState] = useState<Signing>({ phase: 'idle' });
  const [mine, setMine] = useState<string>();
  const busy = useRef(false);
  const signed = useRef<{ of: string; sent: Sent }>(undefined);
  const told = useRef(onSettled);
  told.current = onSettled;
  useDealsWith(mine);

  const settle = useCallback(
    async (sent: Sent, isFirst: boolean) => {
      setMine(decodeIntent(sent.intent).id);
      setState({ phase: 'sending' });
      const { session } = source;
      const bank = await source.bank();
      const finish = async (outcome: Outcome) => {
        await strikeOut(bank, userId, sent);
        setState({ phase: 'settled', ...outcome });
        // Nothing that was shown before is taken for true any more.
        void client.invalidateQueries();
        told.current?.(outcome);
      };
      try {
        await writeDown(bank, userId, sent);
      } catch (error) {
        // What is not written down is not sent.
        return setState({ phase: 'failed', error });
      }
      try {
        const settled = await proven(session, () => session.send(sent, sent.query));
        await finish({ settled, refusal: undefined });
      } catch (error) {
        if (error instanceof Refused) return finish({ settled: error.settled, refusal: error });
        // The bank wanted a proof and got none, because a person said no: then it has done nothing.
        const isNothing = isFirst && error instanceof DeviceError;
        if (!isNothing && leavesOpen(error)) return setState({ phase: 'unknown', sent, error });
        await strikeOut(bank, userId, sent);
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
        try {
          if (signed.current?.of !== draft.id) {
            const made = await (await source.bank()).sign(draft);
            signed.current = { of: draft.id, sent: query ? { ...made, query } : made };
          }
        } catch (error) {
          return setState({ phase: 'failed', error });
        }
        await settle(signed.current.sent, true);
      }),
    [once, settle, source, query],
  );
  const again = useCallback((sent: Sent) => void once(() => settle(sent, false)), [once, settle]);
  const reset = useCallback(() => setState({ phase: 'idle' }), []);
  return { state, start, again, reset };
}

/** Why this session signs nothing; `undefined` where it does. */
export function useCannotSign(): string | undefined {
  const session = useSession();
  return session.status === 'signed-in' && session.aal < 3 ? words.cannot : undefined;
}
