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
  createRoute({
    getParentRoute: root,
    path: 'enrol',
    component: lazyRouteComponent(() => import('./enrol'), 'Enrol'),
  }),
  createRoute({
    getParentRoute: root,
    path: 'pair',
    component: lazyRouteComponent(() => import('./pair'), 'Pair'),
  }),
  createRoute({
    getParentRoute: root,
    path: 'recover',
    component: lazyRouteComponent(() => import('./recover'), 'Recover'),
  }),
];
