import { useQuery } from '@tanstack/react-query';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { type SignedIn, useApi } from '../../app/session';
import { whole } from '../../app/whole';

export type Approval = Schemas['ApprovalView'];
export type Account = Schemas['AccountView'];
export type Transfer = Schemas['TransferView'];

const PAGE = 200;
const PAGES_MAX = 5;
const ACCOUNT_PAGES_MAX = 25;
/** The queue is worked on by several people: a decision of another one is seen within this time. */
const LOOK_MS = 10_000;

const byDeadline = (one: Approval, other: Approval): number => one.expires_at.localeCompare(other.expires_at);
const byDecision = (one: Approval, other: Approval): number =>
  (other.decided_at ?? '').localeCompare(one.decided_at ?? '');

/** Payments that wait, nearest deadline first. */
export function useQueue() {
  const api = useApi();
  return useQuery({
    queryKey: ['approvals', 'waiting'],
    refetchInterval: LOOK_MS,
    queryFn: async () => {
      const found = await whole(
        (cursor) =>
          ok(
            api.GET('/api/approvals', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } }),
          ),
        PAGES_MAX,
      );
      return { ...found, items: found.items.sort(byDeadline) };
    },
  });
}

/** Payments that were decided, the last first. */
export function useDecided() {
  const api = useApi();
  return useQuery({
    queryKey: ['approvals', 'decided'],
    queryFn: async () => {
      const lists = await Promise.all(
        ['approved', 'rejected', 'expired'].map((status) =>
          whole(
            (cursor) =>
              ok(
                api.GET('/api/approvals', {
                  params: { query: { status, limit: PAGE, ...(cursor ? { cursor } : {}) } },
                }),
              ),
            PAGES_MAX,
          ),
        ),
      );
      const items = lists.flatMap((list) => list.items).sort(byDecision);
      return { items, cut: lists.some((list) => list.cut) };
    },
  });
}

/** One payment, as it stands now. */
export function useApproval(payment: string | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ['approvals', 'one', payment],
    enabled: payment !== undefined,
    refetchInterval: (query) => (query.state.data?.status === 'waiting' ? LOOK_MS : false),
    queryFn: () => ok(api.GET('/api/approvals/{payment}', { params: { path: { payment: payment ?? '' } } })),
  });
}

/** The transfer of a payment that is a single one; `null` for those of many parts. */
export function useTransfer(id: string, enabled: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ['transfer', id],
    enabled,
    queryFn: async () => {
      const { data } = await api.GET('/api/transactions/{id}', { params: { path: { id } } });
      return data ?? null;
    },
  });
}

/** Accounts of one person: the bank lists everyone's, in their order. */
export function useAccountsOf(owner: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['accounts', 'of', owner],
    queryFn: async () => {
      const found = await whole(
        (cursor) =>
          ok(api.GET('/api/accounts', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
        ACCOUNT_PAGES_MAX,
      );
      return { ...found, items: found.items.filter((account) => account.owner === owner) };
    },
  });
}

/** The assets that the bank keeps: those of its own equity. */
export function useAssets(): readonly string[] {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['assets'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => ok(api.GET('/api/accounts', { params: { query: { limit: PAGE } } })),
    select: ({ items }) =>
      items.filter((account) => !account.owner && account.kind === 'equity').map((account) => account.asset),
  });
  return data ?? ['EUR'];
}

/** Whether this person may use a route now: custom roles narrow. */
export function useMay(): (route: `POST /${string}`) => boolean {
  const allowed = useAllowed();
  return (route) => allowed?.has(route) ?? false;
}

/** Their own requests are offered to nobody. */
export const offeredTo = (session: SignedIn) => (approval: Approval) => approval.maker !== session.userId;

/** Free text of a transfer, where its payer sent some. */
export const memoOf = (transfer: Transfer | null | undefined): string | undefined => {
  const memo = (transfer?.details as Record<string, unknown> | null | undefined)?.['memo'];
  return typeof memo === 'string' ? memo : undefined;
};
