import { Monitor, Moon, Sun } from 'lucide-react';
import { shell } from '../text';
import { IconButton } from '../ui';
import { setTheme, type Theme, useTheme } from './theme';

export const THEMES: readonly [Theme, typeof Sun][] = [
  ['system', Monitor],
  ['light', Sun],
  ['dark', Moon],
];

/** One press goes on to the next. */
export function ThemeToggle() {
  const { theme } = useTheme();
  const at = THEMES.findIndex(([name]) => name === theme);
  const Icon = THEMES[at]?.[1] ?? Monitor;
  const next = THEMES[(at + 1) % THEMES.length]?.[0] ?? 'system';
  return (
    <IconButton label={`${shell.theme}: ${shell.themes[theme]}`} onClick={() => setTheme(next)}>
      <Icon aria-hidden className="size-4.5" />
    </IconButton>
  );
}
