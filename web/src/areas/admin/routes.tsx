import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { Activity, FileKey, ServerCog, UserRoundCog, UsersRound } from 'lucide-react';
import type { NavItem } from '../../app/navigation';
import { adminShell } from '../../text/en/admin-shell';

/** Pages of this area in the menu. Their components are loaded when they are first shown. */
export const adminMenu: readonly NavItem[] = [
  {
    to: '/security/live',
    label: adminShell.live,
    icon: Activity,
    roles: ['manager', 'auditor_clerk', 'system_admin'],
    needs: ['GET /api/security/live'],
    group: adminShell.oversight,
  },
  {
    to: '/admin/users',
    label: adminShell.users,
    icon: UsersRound,
    roles: ['system_admin'],
    needs: ['GET /api/admin/users'],
    group: adminShell.administration,
    primary: true,
  },
  {
    to: '/admin/roles',
    label: adminShell.roles,
    icon: UserRoundCog,
    roles: ['system_admin'],
    needs: ['GET /api/admin/roles'],
    group: adminShell.administration,
    primary: true,
  },
  {
    to: '/admin/pki',
    label: adminShell.pki,
    icon: FileKey,
    roles: ['system_admin'],
    needs: ['GET /api/admin/authority'],
    group: adminShell.administration,
    primary: true,
  },
  {
    to: '/admin/system',
    label: adminShell.system,
    icon: ServerCog,
    roles: ['manager', 'system_admin'],
    needs: ['POST /api/admin/policies/approve'],
    group: adminShell.administration,
  },
];

/** Routes of this area, below the frame. */
export const adminRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: '/security/live',
    component: lazyRouteComponent(() => import('../live/live'), 'Live'),
  }),
  createRoute({
    getParentRoute: frame,
    path: '/admin/users',
    component: lazyRouteComponent(() => import('./people'), 'People'),
  }),
  createRoute({
    getParentRoute: frame,
    path: '/admin/roles',
    component: lazyRouteComponent(() => import('./rights'), 'Rights'),
  }),
  createRoute({
    getParentRoute: frame,
    path: '/admin/pki',
    component: lazyRouteComponent(() => import('./pki'), 'Pki'),
  }),
  createRoute({
    getParentRoute: frame,
    path: '/admin/system',
    component: lazyRouteComponent(() => import('./system'), 'System'),
  }),
];
