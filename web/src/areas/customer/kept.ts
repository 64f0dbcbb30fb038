/** What somebody typed, kept in this tab: neither a reload nor a session that ended loses it. Signing out does. */
import { useCallback, useState } from 'react';
import { source, useSignedIn } from '../../app/session';

const PREFIX = 'strongroom-typed/';

source.subscribe(() => {
  const session = source.current();
  if (session.status === 'signed-out' && session.because === 'left') forgetAll();
});

function forgetAll(): void {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  }
}

const read = <T extends object>(name: string, initial: T): T => {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(name) ?? 'null');
    return typeof kept === 'object' && kept !== null ? { ...initial, ...kept } : initial;
  } catch {
    return initial;
  }
};

export function useKept<T extends object>(
  form: string,
  initial: T,
): [T, (changes: Partial<T>) => void, () => void] {
  const { userId } = useSignedIn();
  const name = `${PREFIX}${userId}/${form}`;
  const [values, setValues] = useState<T>(() => read(name, initial));
  const change = useCallback(
    (changes: Partial<T>) =>
      setValues((was) => {
        const now = { ...was, ...changes };
        try {
          sessionStorage.setItem(name, JSON.stringify(now));
        } catch {
          // Storage may be full or forbidden: then it lives as long as the page.
        }
        return now;
      }),
    [name],
  );
  const forget = useCallback(() => {
    sessionStorage.removeItem(name);
    setValues(initial);
  }, [name, initial]);
  return [values, change, forget];
}
