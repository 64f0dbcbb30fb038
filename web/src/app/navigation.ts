import { useQuery } from '@tanstack/react-query';
import type { LucideIcon } from 'lucide-react';
import { ok } from '../api/client';
import { type Role, useApi, useSession } from './session';

/** A page in the menu. */
export interface NavItem {
  to: string;
  label: string;
  icon: LucideIcon;
  roles: readonly Role[];
  /** Routes of the API that the page cannot do without: `GET /api/accounts`. Whoever may not use them does not see it. */
  needs: readonly `${'GET' | 'POST'} /${string}`[];
  /** Among the four at the bottom of a telephone. */
  primary?: boolean;
  /** A heading above a few of them. */
  group?: string;
}

/** What the bank lets this person use now, as `GET /api/accounts`. */
export function useAllowed(): ReadonlySet<string> | undefined {
  const api = useApi();
  const session = useSession();
  const userId = session.status === 'signed-in' ? session.userId : null;
  const level = session.status === 'signed-in' ? session.aal : 0;
  const { data } = useQuery({
    queryKey: ['navigation', userId, level],
    enabled: userId !== null,
    queryFn: () => ok(api.GET('/api/rbac/navigation')),
    select: (navigation) =>
      new Set(
        Object.values(navigation.areas).flatMap((routes) =>
          routes.map((route) => `${route.method} ${route.path}`),
        ),
      ),
  });
  return data;
}

/** The menu of whoever is signed in, of what there is. */
export function useMenu(items: readonly NavItem[]): readonly NavItem[] {
  const allowed = useAllowed();
  const session = useSession();
  if (session.status !== 'signed-in' || !allowed) return [];
  return items.filter(
    (item) => item.roles.includes(session.role) && item.needs.every((need) => allowed.has(need)),
  );
}
