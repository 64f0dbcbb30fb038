import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import { problemOf } from '../app/problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Api = Client<paths>;

/** A client of the bank's own origin. `fetch` proves the requests of a session; without one they are a stranger's. */
export const createApi = (fetch?: ClientOptions['fetch']): Api =>
  createClient<paths>({ baseUrl: window.location.origin, ...(fetch ? { fetch } : {}) });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a success; anything else is thrown as a `Problem`. For queries: `() => ok(api.GET('/api/accounts'))`. */
export async function ok<T>(answer: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await answer;
  if (!response.ok || data === undefined || data === null) throw problemOf(response, error);
  return data;
}
