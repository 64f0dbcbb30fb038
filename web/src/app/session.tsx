import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import { type Api, createApi } from '../api/client';

export type Role = 'customer' | 'manager' | 'auditor_clerk' | 'system_admin';

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
  | { status: 'signed-out'; because: 'stranger' | 'left' | 'ended' }
  | SignedIn;

/** Where the session comes from. Plugged in once, in `main.tsx`. */
export interface SessionSource {
  current(): SessionState;
  subscribe(changed: () => void): () => void;
  /** Requests of whoever is signed in. */
  readonly api: Api;
  /** Goes on for as long as the bank allows. */
  extend(): Promise<void>;
  signOut(): Promise<void>;
}

const SIGNED_OUT: SessionState = { status: 'signed-out', because: 'stranger' };

/** Of a browser that nobody has signed in at. */
export const stranger: SessionSource = {
  current: () => SIGNED_OUT,
  subscribe: () => () => undefined,
  api: createApi(),
  extend: async () => undefined,
  signOut: async () => undefined,
};

const Source = createContext<SessionSource>(stranger);

export const SessionProvider = ({ source, children }: { source: SessionSource; children: ReactNode }) => (
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
