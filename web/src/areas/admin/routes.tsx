import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
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
];

/** Routes of this area, below the frame. */
export const adminRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: '/security/live',
    component: lazyRouteComponent(() => import('../live/live'), 'Live'),
  }),
];
