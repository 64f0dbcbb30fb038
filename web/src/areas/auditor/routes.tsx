import type { AnyRoute } from '@tanstack/react-router';
import type { NavItem } from '../../app/navigation';

/** Pages of this area in the menu. Their components are loaded when they are first shown. */
export const auditorMenu: readonly NavItem[] = [];

/** Routes of this area, below the frame. */
export const auditorRoutes = (_frame: () => AnyRoute): AnyRoute[] => [];
