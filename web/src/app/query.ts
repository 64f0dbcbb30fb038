import { QueryClient } from '@tanstack/react-query';
import { isPassing, Problem } from './problem';

const ATTEMPTS = 3;
const FRESH_MS = 10_000;
const PAUSE_MAX_MS = 30_000;

/** Reads are repeated where the bank asks for that; nothing that changes anything ever is, but by a person. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failed, error) => failed < ATTEMPTS && isPassing(error),
      retryDelay: (failed, error) =>
        error instanceof Problem && error.retryAfterS
          ? error.retryAfterS * 1000
          : Math.min(1000 * 2 ** failed, PAUSE_MAX_MS),
    },
    mutations: { retry: false },
  },
});
