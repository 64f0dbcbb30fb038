import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'strongroom-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    // Storage may be forbidden; then the system decides.
    return 'system';
  }
}

let theme = chosen();

function apply(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setTheme(next: Theme): void {
  theme = next;
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Then it holds until the page is closed.
  }
  apply();
  for (const tell of listeners) tell();
}

const subscribe = (changed: () => void) => {
  listeners.add(changed);
  dark.addEventListener('change', changed);
  return () => {
    listeners.delete(changed);
    dark.removeEventListener('change', changed);
  };
};

const snapshot = (): string => `${theme} ${theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme}`;

/** What was chosen, and what that comes to now. */
export function useTheme(): { theme: Theme; shown: 'light' | 'dark' } {
  const [theme, shown] = useSyncExternalStore(subscribe, snapshot).split(' ') as [Theme, 'light' | 'dark'];
  return { theme, shown };
}

apply();
