import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import type { NavItem } from '../../app/navigation';
import { readSearch } from '../../app/search';
import { shell } from '../../text';

/** One's own security: everybody has one. */
export const securityMenu: readonly NavItem[] = [
  {
    to: '/security',
    label: shell.security,
    icon: ShieldCheck,
    roles: ['customer', 'manager', 'auditor_clerk', 'system_admin'],
    needs: ['GET /api/mfa'],
  },
];

export const securityRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: 'security',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./page'), 'Security'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'security/rotate',
    component: lazyRouteComponent(() => import('./rotate'), 'Rotate'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'security/add-device',
    component: lazyRouteComponent(() => import('./add-device'), 'AddDevice'),
  }),
];
