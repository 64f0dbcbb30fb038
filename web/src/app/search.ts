import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useRef } from 'react';

/** A page of a list in the address: which filters, from where. */
export type Search = Record<string, string | undefined>;

/** Texts of the query, and nothing else: what a hand typed there is not believed to be more. */
export const readSearch = (raw: Record<string, unknown>): Search =>
  Object.fromEntries(
    Object.entries(raw)
      .filter(
        ([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean',
      )
      .map(([name, value]) => [name, String(value)]),
  );

/**
 * Filters and cursor of the page's list, kept in the address. A filter that changes begins at the first page. Pages that
 * were passed are remembered while the page stays open; after that `first` is always there.
 */
export function useListSearch(): {
  search: Search;
  set: (changes: Search) => void;
  pages: (next: string | null | undefined) => {
    onFirst?: () => void;
    onPrevious?: () => void;
    onNext?: () => void;
  };
} {
  const search = readSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const passed = useRef<(string | undefined)[]>([]);
  const go = useCallback(
    (changes: Search, replace: boolean) => {
      const merged = (was: Search): Search => {
        const all = { ...was, ...changes };
        return Object.fromEntries(
          Object.entries(all).filter(([, value]) => value !== undefined && value !== ''),
        );
      };
      void navigate({ to: '.', search: merged as never, replace, resetScroll: false });
    },
    [navigate],
  );
  const set = useCallback(
    (changes: Search) => {
      passed.current = [];
      go({ cursor: undefined, ...changes }, true);
    },
    [go],
  );
  const pages = (next: string | null | undefined) => ({
    ...(search['cursor'] ? { onFirst: () => set({}) } : {}),
    ...(passed.current.length > 0 ? { onPrevious: () => go({ cursor: passed.current.pop() }, false) } : {}),
    ...(next
      ? {
          onNext: () => {
            passed.current.push(search['cursor']);
            go({ cursor: next }, false);
          },
        }
      : {}),
  });
  return { search, set, pages };
}
