import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  useRouter,
} from '@tanstack/react-router';
import { useEffect } from 'react';
import { adminRoutes } from '../areas/admin/routes';
import { auditorRoutes } from '../areas/auditor/routes';
import { customerRoutes } from '../areas/customer/routes';
import { entryRoutes } from '../areas/entry/routes';
import { managerRoutes } from '../areas/manager/routes';
import { securityRoutes } from '../areas/security/routes';
import { SkeletonLines, UiProvider } from '../ui';
import { NotFound, PageError, Unreachable } from './errors';
import { useSession } from './session';

const root = createRootRoute({
  component: () => (
    <UiProvider>
      <Outlet />
    </UiProvider>
  ),
  notFoundComponent: NotFound,
  errorComponent: PageError,
});

const Waiting = () => (
  <div className="mx-auto max-w-2xl p-8">
    <SkeletonLines />
  </div>
);

const Frame = lazyRouteComponent(() => import('./frame'), 'Frame');

/** Pages of a session: whoever has none signs in first, and comes back to where they wanted to be. */
function Within() {
  const session = useSession();
  if (session.status === 'loading') return <Waiting />;
  if (session.status === 'unreachable') return <Unreachable />;
  return session.status === 'signed-out' ? <ToLogin /> : <Frame />;
}

/** Goes once: the address changes under it while it goes. */
function ToLogin() {
  const router = useRouter();
  useEffect(() => {
    const here = router.state.location.href;
    const next = here === '/' || here.startsWith('/login') ? undefined : here;
    void router.navigate({ to: '/login', search: { next } as never, replace: true });
  }, [router]);
  return <Waiting />;
}

const within = createRoute({ getParentRoute: () => root, id: 'within', component: Within });
const start = createRoute({
  getParentRoute: () => within,
  path: '/',
  component: lazyRouteComponent(() => import('../areas/start'), 'Start'),
});
const areas = [customerRoutes, managerRoutes, auditorRoutes, adminRoutes, securityRoutes].flatMap((routes) =>
  routes(() => within),
);
const tree = root.addChildren([...entryRoutes(() => root), within.addChildren([start, ...areas])]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});
