import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { FileSearch, ScrollText, ShieldCheck } from 'lucide-react';
import type { NavItem } from '../../app/navigation';
import { readSearch } from '../../app/search';
import { staffMenu as words } from '../../text/en/staff-menu';

/** Pages of this area in the menu. Their components are loaded when they are first shown. */
export const auditorMenu: readonly NavItem[] = [
  {
    to: '/audit',
    label: words.trail,
    icon: ScrollText,
    roles: ['auditor_clerk'],
    needs: ['GET /api/audit/logs'],
    primary: true,
  },
  {
    to: '/audit/integrity',
    label: words.integrity,
    icon: ShieldCheck,
    roles: ['auditor_clerk'],
    needs: ['GET /api/audit/days'],
    primary: true,
  },
  {
    to: '/audit/accountability',
    label: words.accountability,
    icon: FileSearch,
    roles: ['auditor_clerk'],
    needs: ['POST /api/audit/accountability-report'],
    primary: true,
  },
];

/** Routes of this area, below the frame. */
export const auditorRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: 'audit',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./trail'), 'Trail'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'audit/integrity',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./integrity'), 'Integrity'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'audit/accountability',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./accountability'), 'Accountability'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'audit/$leaf',
    component: lazyRouteComponent(() => import('./leaf'), 'Leaf'),
  }),
];
