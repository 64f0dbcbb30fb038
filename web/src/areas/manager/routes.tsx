import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { ClipboardCheck, FileBadge, Users } from 'lucide-react';
import type { NavItem } from '../../app/navigation';
import { readSearch } from '../../app/search';
import { staffMenu as words } from '../../text/en/staff-menu';

/** Pages of this area in the menu. Their components are loaded when they are first shown. */
export const managerMenu: readonly NavItem[] = [
  {
    to: '/manage/approvals',
    label: words.approvals,
    icon: ClipboardCheck,
    roles: ['manager'],
    needs: ['GET /api/approvals'],
    primary: true,
  },
  {
    to: '/manage/customers',
    label: words.customers,
    icon: Users,
    roles: ['manager'],
    needs: ['GET /api/admin/users', 'GET /api/accounts'],
    primary: true,
  },
  {
    to: '/manage/requests',
    label: words.requests,
    icon: FileBadge,
    roles: ['manager'],
    needs: ['GET /api/admin/invitations', 'GET /api/manager/recoveries'],
    primary: true,
  },
];

/** Routes of this area, below the frame. */
export const managerRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: 'manage/approvals',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./approvals'), 'Approvals'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'manage/customers',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./customers'), 'Customers'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'manage/customers/$user',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./customer'), 'Customer'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'manage/requests',
    component: lazyRouteComponent(() => import('./requests'), 'Requests'),
  }),
];
