import { type AnyRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { Files, House, ScrollText, Send, Users } from 'lucide-react';
import type { NavItem } from '../../app/navigation';
import { readSearch } from '../../app/search';
import { customerMenu as words } from '../../text/en/customer-menu';

/** Pages of this area in the menu. Their components are loaded when they are first shown. */
export const customerMenu: readonly NavItem[] = [
  {
    to: '/',
    label: words.home,
    icon: House,
    roles: ['customer'],
    needs: ['GET /api/accounts'],
    primary: true,
  },
  {
    to: '/transfer',
    label: words.transfer,
    icon: Send,
    roles: ['customer'],
    needs: ['POST /api/transactions/transfer'],
    primary: true,
  },
  {
    to: '/beneficiaries',
    label: words.payees,
    icon: Users,
    roles: ['customer'],
    needs: ['GET /api/beneficiaries'],
    primary: true,
  },
  {
    to: '/payments',
    label: words.payments,
    icon: Files,
    roles: ['customer'],
    needs: ['GET /api/standing-orders'],
    primary: true,
  },
  {
    to: '/statements',
    label: words.statements,
    icon: ScrollText,
    roles: ['customer'],
    needs: ['GET /api/customer/statements/preview'],
  },
];

/** Routes of this area, below the frame. */
export const customerRoutes = (frame: () => AnyRoute): AnyRoute[] => [
  createRoute({
    getParentRoute: frame,
    path: 'transfer',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./transfer'), 'Transfer'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'transfer/$intent',
    component: lazyRouteComponent(() => import('./receipt'), 'TransferReceipt'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'accounts/$id',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./account'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'beneficiaries',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./payees'), 'Payees'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'payments',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./payments'), 'Payments'),
  }),
  createRoute({
    getParentRoute: frame,
    path: 'statements',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./statements'), 'Statements'),
  }),
];
