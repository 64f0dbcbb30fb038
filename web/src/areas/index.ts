import type { NavItem } from '../app/navigation';
import { adminMenu } from './admin/routes';
import { auditorMenu } from './auditor/routes';
import { customerMenu } from './customer/routes';
import { managerMenu } from './manager/routes';
import { securityMenu } from './security/routes';

/** Every page that stands in a menu, in its order. Who sees which, the bank says. */
export const menu: readonly NavItem[] = [
  ...customerMenu,
  ...managerMenu,
  ...auditorMenu,
  ...adminMenu,
  ...securityMenu,
];
