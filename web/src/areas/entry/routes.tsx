import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { readSearch } from '../../app/search';

/** Pages that need no session. */
export const entryRoutes = (root: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: root,
    path: 'login',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./login'), 'Login'),
  }),
  createRoute({
    getParentRoute: root,
    path: 'demo',
    component: lazyRouteComponent(() => import('./demo'), 'Demo'),
  }),
];
