/** Requests and their problems. */
import { type Bytes, own, utf8 } from './bytes';
import { AnswerError, Problem, Unreachable } from './errors';
import { INSTANCE_HEADER } from './proof';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Bytes;
}

/** A request as it is sent: the bytes that are proved are the bytes that go. */
export interface Outgoing {
  readonly method: string;
  /** From the root, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Bytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 35_000;

const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The problem of an answer. */
const problemOf = (status: number, headers: Headers, bytes: Bytes): Problem => {
  let json: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof parsed === 'object' && parsed !== null) json = parsed as Record<string, unknown>;
  } catch {
    // Not from the bank itself: a proxy in between, say.
  }
  const retry = Number(headers.get('retry-after') ?? Number.NaN);
  return new Problem({
    status,
    code: optionalText(json.code) ?? `http-${status}`,
    title: optionalText(json.title) ?? `HTTP ${status}`,
    detail: optionalText(json.detail),
    field: optionalText(json.field),
    requestId: optionalText(json.request_id) ?? headers.get('x-request-id') ?? undefined,
    retryAfterS: Number.isFinite(retry) ? retry : undefined,
    receipt: json.receipt,
  });
};

/** Reads an answer's JSON. What it holds is checked by whoever uses it. */
export const jsonOf = <T>(answer: Answer): T => {
  if (answer.bytes.length === 0) return undefined as T;
  try {
    return JSON.parse(new TextDecoder().decode(answer.bytes)) as T;
  } catch (cause) {
    throw new AnswerError('body', { cause });
  }
};

export const jsonBytes = (value: unknown): Bytes => utf8(JSON.stringify(value));

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

const ATTEMPTS_MAX = 4;
const RETRY_AFTER_S_MAX = 5;
const PAUSE_MS = 250;

/**
 * How often a request may be sent again. `once`: only where the bank says that nothing happened. `same`: a signed
 * intent or a reading, of which the second sending is the first one: also where no answer came.
 */
export type Repeat = 'once' | 'same';

const mayRepeat = (error: unknown, repeat: Repeat): number | undefined => {
  if (error instanceof Unreachable) return repeat === 'same' ? 0 : undefined;
  if (!(error instanceof Problem)) return;
  const waits =
    error.nothingHappened || (repeat === 'same' && (error.status === 429 || error.status === 504));
  if (!waits) return;
  const seconds = error.retryAfterS ?? 0;
  return seconds > RETRY_AFTER_S_MAX ? undefined : seconds * 1000;
};

/** Does something again where that is safe. */
export const repeated = async <T>(
  repeat: Repeat,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const wait = attempt < ATTEMPTS_MAX ? mayRepeat(error, repeat) : undefined;
      if (wait === undefined || signal?.aborted) throw error;
      await pause(wait || PAUSE_MS * attempt, signal);
    }
  }
};

/** The way to the bank. */
export class Transport {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  /** Which process of the bank answered last: proofs are made for it. */
  instance = '';
  /** How far the bank's clock is ahead of this one, in milliseconds. */
  #skewMs = 0;

  /** `base` is empty in the console itself: the bank's own origin. */
  constructor(base = '', send: typeof fetch = (...given) => fetch(...given)) {
    this.#base = base;
    this.#fetch = send;
  }

  /** The bank's time, in microseconds: devices' clocks are often wrong by minutes. */
  nowMicros(): bigint {
    return BigInt(Date.now() + this.#skewMs) * 1000n;
  }

  /** Sends once; throws `Problem` for a refusal and `Unreachable` where no answer came. */
  async send({ method, path, headers = {}, body, signal }: Outgoing): Promise<Answer> {
    const response = await this.open({ method, path, headers, body, signal });
    const bytes = await response
      .arrayBuffer()
      .then((buffer) => own(buffer))
      .catch((cause) => Promise.reject(new Unreachable('the answer broke off', { cause })));
    if (!response.ok) throw problemOf(response.status, response.headers, bytes);
    return { status: response.status, headers: response.headers, bytes };
  }

  /** As `send`, but the body is left to the caller: streams. Refusals are not thrown. */
  async open(
    { method, path, headers = {}, body, signal }: Outgoing,
    timeoutMs = TIMEOUT_MS,
  ): Promise<Response> {
    const limit = AbortSignal.timeout(timeoutMs);
    const init: RequestInit = {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      ...(body ? { body } : {}),
    };
    let response: Response;
    try {
      response = await this.#fetch(this.#base + path, init);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new Unreachable('the bank cannot be reached', { cause });
    }
    const instance = response.headers.get(INSTANCE_HEADER);
    if (instance) this.instance = instance;
    const date = Date.parse(response.headers.get('date') ?? '');
    const ahead = date - Date.now();
    // The header has whole seconds: small differences are none.
    if (Number.isFinite(ahead)) this.#skewMs = Math.abs(ahead) > 5_000 ? ahead : 0;
    return response;
  }

  /** Asks without a session. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return jsonOf<T>(await repeated('same', () => this.send({ method: 'GET', path, signal }), signal));
  }

  /** Sends without a session. */
  async post<T>(path: string, value: unknown, repeat: Repeat = 'once'): Promise<T> {
    const body = jsonBytes(value);
    return jsonOf<T>(await repeated(repeat, () => this.send({ method: 'POST', path, body })));
  }
}
