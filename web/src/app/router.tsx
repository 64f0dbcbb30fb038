import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  Outlet,
  useLocation,
} from '@tanstack/react-router';
import { adminRoutes } from '../areas/admin/routes';
import { auditorRoutes } from '../areas/auditor/routes';
import { customerRoutes } from '../areas/customer/routes';
import { entryRoutes } from '../areas/entry/routes';
import { managerRoutes } from '../areas/manager/routes';
import { SkeletonLines, UiProvider } from '../ui';
import { NotFound, PageError } from './errors';
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
  const here = useLocation({ select: (location) => location.href });
  if (session.status === 'loading') return <Waiting />;
  if (session.status === 'signed-out') {
    return <Navigate to="/login" search={(here === '/' ? {} : { next: here }) as never} replace />;
  }
  return <Frame />;
}

const within = createRoute({ getParentRoute: () => root, id: 'within', component: Within });
const areas = [customerRoutes, managerRoutes, auditorRoutes, adminRoutes].flatMap((routes) =>
  routes(() => within),
);
const tree = root.addChildren([...entryRoutes(() => root), within.addChildren(areas)]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});
