import { useQuery } from '@tanstack/react-query';
import { ok } from '../../api/client';
import { useApi, useSignedIn } from '../../app/session';
import { groupedNumber } from '../../bank';
import { shell } from '../../text';
import { intents } from '../../text/en/intents';
import { people } from '../../text/en/people';
import { Badge, Hash, Money, type Mood, Skeleton } from '../../ui';

const KNOWN_MS = 300_000;

/** A person of the bank; staff may see anyone's name. */
export function useProfile(id: string | null | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ['profile', id],
    enabled: Boolean(id),
    staleTime: KNOWN_MS,
    queryFn: () => ok(api.GET('/api/users/{id}/profile', { params: { path: { id: id ?? '' } } })),
  });
}

/** Somebody by name; by id while the name is not known. */
export function Person({ id }: { id: string | null | undefined }) {
  const { userId } = useSignedIn();
  const profile = useProfile(id);
  if (!id) return <>{intents.bankItself}</>;
  if (profile.isPending) return <Skeleton className="inline-block w-24 align-middle" />;
  if (!profile.data) return <Hash value={id} />;
  return (
    <span title={id}>
      {profile.data.name}
      {id === userId && <span className="text-ink-3"> ({intents.you})</span>}
    </span>
  );
}

/** One account; staff may see every one. */
export function useAccount(id: string | null | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ['account', id],
    enabled: Boolean(id),
    queryFn: () => ok(api.GET('/api/accounts/{id}', { params: { path: { id: id ?? '' } } })),
  });
}

/** An account by its number and owner; by id while these are not known. */
export function AccountName({ id, owner = true }: { id: string; owner?: boolean }) {
  const account = useAccount(id);
  if (account.isPending) return <Skeleton className="inline-block w-44 align-middle" />;
  if (!account.data) return <Hash value={id} />;
  return (
    <span title={id}>
      <span className="figures">{groupedNumber(account.data.number)}</span>
      {owner && (
        <span className="block text-sm text-ink-3">
          <Person id={account.data.owner} />
        </span>
      )}
    </span>
  );
}

/** A sum of an account, whose scale the bank has said. */
export function Sum({ minor, account }: { minor: string; account: { asset: string; scale: number } }) {
  return <Money minor={minor} asset={account.asset} scale={account.scale} />;
}

/** A role as people say it. */
export const roleName = (role: string): string => shell.roles[role as keyof typeof shell.roles] ?? role;

const STATES: Record<string, Mood> = { active: 'good', registered: 'neutral', locked: 'bad' };

/** How somebody stands, in a word. */
export function PersonState({ status, locked }: { status: string; locked: boolean }) {
  const state = locked ? 'locked' : status;
  return <Badge mood={STATES[state] ?? 'neutral'}>{people.states[state] ?? state}</Badge>;
}
