import { shell } from '../text';

/** What the bank says when it says no: RFC 9457, with its stable `code`. */
export interface ProblemDocument {
  status: number;
  code: string;
  title: string;
  detail?: string;
  /** The member at fault, as a path like `body.amount`. */
  field?: string;
  request_id?: string;
  /** Of a refusal that was recorded. */
  receipt?: unknown;
}

/** An answer that is no success. `message` is for people. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly receipt: unknown;

  constructor(document: ProblemDocument, retryAfterS?: number) {
    super(document.detail ? `${document.title}: ${document.detail}` : document.title);
    this.name = 'Problem';
    this.status = document.status;
    this.code = document.code;
    this.detail = document.detail;
    this.field = document.field;
    this.requestId = document.request_id;
    this.receipt = document.receipt;
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status === 503 || this.status === 504;
  }
}

const isDocument = (value: unknown): value is ProblemDocument =>
  typeof value === 'object' && value !== null && 'code' in value && 'title' in value;

/** The problem of an answer, also where it is none of the bank's own. */
export function problemOf(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get('retry-after'));
  const retryAfterS = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined;
  if (isDocument(body)) return new Problem({ ...body, status: response.status }, retryAfterS);
  const requestId = response.headers.get('x-request-id');
  return new Problem(
    {
      status: response.status,
      code: 'unreadable',
      title: shell.couldNotLoad,
      ...(requestId ? { request_id: requestId } : {}),
    },
    retryAfterS,
  );
}

/** What to show of anything that was thrown. */
export function told(error: unknown): { title: string; detail?: string; requestId?: string } {
  if (error instanceof Problem) {
    return {
      title: error.message,
      ...(error.requestId ? { requestId: error.requestId } : {}),
    };
  }
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return { title: shell.noAnswer, detail: shell.noAnswerAbout };
  }
  return { title: shell.broken, ...(error instanceof Error ? { detail: error.message } : {}) };
}

/**
 * The sentence for one field of a form: the problem's, where it names that field. `body.amount.value` belongs to
 * `amount`, so that a form need not know how deep the bank looks.
 */
export function fieldError(
  error: unknown,
  ...names: string[]
): { message: string; requestId?: string | undefined } | undefined {
  if (!(error instanceof Problem) || !error.field) return undefined;
  const parts = error.field.split(/[.[\]]+/);
  if (!names.some((name) => parts.includes(name))) return undefined;
  return { message: error.detail ?? error.message, requestId: error.requestId };
}
