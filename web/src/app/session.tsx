import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import { type Api, createApi, ok } from '../api/client';
import type { Bank, Role, Session } from '../bank';
import { queryClient } from './query';

export type { Role };

export interface SignedIn {
  status: 'signed-in';
  userId: string;
  name: string;
  role: Role;
  /** How well somebody is known: 3 signs, 2 sees, 1 sees their own person. */
  aal: 1 | 2 | 3;
  deviceId: string | null;
  certificate: string | null;
  /** When the session ends if nothing happens, in milliseconds since 1970. */
  endsAt: number | null;
}

export type SessionState =
  | { status: 'loading' }
  /** The bank does not answer, or is not the one that this browser knows. */
  | { status: 'unreachable'; error: unknown }
  | { status: 'signed-out'; because: 'stranger' | 'left' | 'ended' }
  | SignedIn;

/** A session ends when it is idle for so long; the bank leaves one with a certificate a token's life more. */
const IDLE_END_MS = 30 * 60_000;
/** Requests that follow one another move the end once: not each is worth drawing the page anew. */
const IDLE_STEP_MS = 30_000;

/** The protocol library: loaded behind the first page, because its algorithms weigh more than the page. */
export const library = () => import('../bank');

/**
 * The one session of this browser tab, and the bank that it is with. Nothing here decides: the bank says who somebody is,
 * the library signs, this says to the pages what is so now.
 */
class SessionSource {
  #state: SessionState = { status: 'loading' };
  #listeners = new Set<() => void>();
  #bank: Promise<Bank> | undefined;
  #session: Session | undefined;
  #api: Api = createApi();

  readonly subscribe = (changed: () => void) => {
    this.#listeners.add(changed);
    return () => {
      this.#listeners.delete(changed);
    };
  };
  readonly current = (): SessionState => this.#state;

  /** Requests of whoever is signed in; of a stranger before that. */
  get api(): Api {
    return this.#api;
  }

  /** The session itself, to draft and to sign with. */
  get session(): Session {
    if (!this.#session) throw new Error('nobody is signed in');
    return this.#session;
  }

  /** The bank, once it has shown that it is the one this browser knows. */
  bank(): Promise<Bank> {
    this.#bank ??= library()
      .then(({ Bank }) => Bank.connect())
      .catch((error) => {
        this.#bank = undefined;
        throw error;
      });
    return this.#bank;
  }

  /** Takes up the session that this browser has. Never throws: what is wrong becomes the state. */
  async start(): Promise<void> {
    this.#become({ status: 'loading' });
    try {
      const bank = await this.bank();
      const { Session } = await library();
      const session = await Session.resume(bank);
      if (session) await this.enter(session);
      else this.#become({ status: 'signed-out', because: 'stranger' });
    } catch (error) {
      const { Problem } = await import('../bank/errors');
      if (error instanceof Problem && error.isSessionOver) this.#leave('ended');
      else this.#become({ status: 'unreachable', error });
    }
  }

  /** Signs in with this device's certificate. */
  async signIn(): Promise<void> {
    const [bank, { resumeRotation, Session }] = await Promise.all([this.bank(), library()]);
    await resumeRotation(bank);
    await this.enter(await Session.signIn(bank));
  }

  /** Somebody has signed in, in whichever way. */
  async enter(session: Session): Promise<void> {
    const api = createApi((request) => {
      this.#touch();
      return session.fetch(request);
    });
    const caller = await session.whoAmI();
    const id = caller.user_id;
    const profile = await ok(api.GET('/api/users/{id}/profile', { params: { path: { id } } }));
    // After a rotation the session before this one is of the old certificate: its end is no news.
    if (this.#session) this.#session.onEnded = undefined;
    session.onEnded = () => this.#leave('ended');
    this.#session = session;
    this.#api = api;
    this.#become({
      status: 'signed-in',
      userId: id,
      name: profile.name,
      role: caller.role,
      aal: caller.aal === 3 ? 3 : caller.aal === 2 ? 2 : 1,
      deviceId: caller.device_id ?? null,
      certificate: caller.certificate ?? null,
      endsAt: endOf(session),
    });
  }

  /** Somebody is still there. Where a session ends whatever is done in it, the next one begins. */
  async extend(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const end = session.endsAt?.getTime();
    const isLast = end !== undefined && this.#state.status === 'signed-in' && this.#state.endsAt === end;
    if (isLast && session.canSign) return this.signIn();
    await session.renew();
    await session.whoAmI();
    this.#touch();
  }

  /** Asks the bank anew who this is: after a second factor, say. */
  async refresh(): Promise<void> {
    if (this.#session) await this.enter(this.#session);
  }

  #touch(): void {
    const session = this.#session;
    if (!session || this.#state.status !== 'signed-in') return;
    const endsAt = endOf(session);
    const moved = endsAt - (this.#state.endsAt ?? 0) > IDLE_STEP_MS;
    if (moved) this.#become({ ...this.#state, endsAt });
  }

  async signOut(): Promise<void> {
    const session = this.#session;
    if (session) session.onEnded = undefined;
    const { endsAt } = this.#state.status === 'signed-in' ? this.#state : { endsAt: null };
    this.#leave(endsAt !== null && endsAt <= Date.now() ? 'ended' : 'left');
    await session?.signOut();
  }

  #leave(because: 'left' | 'ended'): void {
    this.#session = undefined;
    this.#api = createApi();
    // Nothing of what one person saw is shown to the next.
    queryClient.clear();
    this.#become({ status: 'signed-out', because });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const tell of this.#listeners) tell();
  }
}

/** When a session ends if nothing happens from now on. */
const endOf = (session: Session): number =>
  Math.min(session.endsAt?.getTime() ?? Number.POSITIVE_INFINITY, Date.now() + IDLE_END_MS);

export type { SessionSource };

/** The session of this tab. */
export const source = new SessionSource();

const Source = createContext<SessionSource>(source);

export const SessionProvider = ({ children }: { children: ReactNode }) => (
  <Source value={source}>{children}</Source>
);

export const useSessionSource = (): SessionSource => useContext(Source);

export function useSession(): SessionState {
  const source = useSessionSource();
  return useSyncExternalStore(source.subscribe, source.current);
}

/** Within pages that only the signed-in see. */
export function useSignedIn(): SignedIn {
  const session = useSession();
  if (session.status !== 'signed-in') throw new Error('a page of a session without one');
  return session;
}

export const useApi = (): Api => useSessionSource().api;
