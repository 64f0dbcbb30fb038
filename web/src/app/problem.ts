import { AnswerError, DeviceError, IntentError, Problem, Unreachable } from '../bank/errors';
import { shell } from '../text';

export { Problem };

/** What a form itself finds wrong, field by field, before anything is laid out. */
export class Faults extends Error {
  override readonly name = 'Faults';
  readonly fields: Readonly<Record<string, string | undefined>>;

  constructor(fields: Readonly<Record<string, string | undefined>>) {
    super(Object.values(fields).filter(Boolean).join(' '));
    this.fields = fields;
  }
}

interface ProblemDocument {
  code: string;
  title: string;
  detail?: string;
  field?: string;
  request_id?: string;
  receipt?: unknown;
}

const isDocument = (value: unknown): value is ProblemDocument =>
  typeof value === 'object' && value !== null && 'code' in value && 'title' in value;

/** The problem of an answer, also where it is none of the bank's own. */
export function problemOf(response: Response, body: unknown): Problem {
  const { status, headers } = response;
  const after = Number(headers.get('retry-after'));
  const retryAfterS = Number.isFinite(after) && after > 0 ? after : undefined;
  if (!isDocument(body)) {
    const requestId = headers.get('x-request-id') ?? undefined;
    return new Problem({ status, code: 'unreadable', title: shell.couldNotLoad, requestId, retryAfterS });
  }
  const { code, title, detail, field, receipt } = body;
  return new Problem({
    status,
    code,
    title,
    detail,
    field,
    receipt,
    requestId: body.request_id,
    retryAfterS,
  });
}

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Problem ? [429, 503, 504].includes(error.status) : isUnreachable(error);

const isUnreachable = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof TypeError && /fetch|network|load failed/i.test(error.message));

/** What to show of anything that was thrown. */
export function told(error: unknown): { title: string; detail?: string; requestId?: string } {
  if (error instanceof Problem) {
    return { title: error.message, ...(error.requestId ? { requestId: error.requestId } : {}) };
  }
  if (isUnreachable(error)) return { title: shell.noAnswer, detail: shell.noAnswerAbout };
  if (error instanceof IntentError || error instanceof Faults) return { title: error.message };
  if (error instanceof AnswerError) return { title: shell.notBelieved, detail: error.message };
  if (error instanceof DeviceError && error.code === 'cancelled')
    return { title: shell.cancelled, detail: shell.cancelledAbout };
  if (error instanceof DeviceError) return { title: shell.deviceCannot, detail: error.message };
  // Ours: it belongs into the developer's console, where the tests look too.
  console.error(error);
  return { title: shell.broken, detail: shell.brokenAbout };
}

/**
 * The sentence for one field of a form: the bank's, the protocol library's or the form's own, where it names that field.
 * `body.amount.value` belongs to `amount`, so that a form need not know how deep the bank looks.
 */
export function fieldError(
  error: unknown,
  ...names: string[]
): { message: string; requestId?: string | undefined } | undefined {
  if (error instanceof Faults) {
    const message = names.map((name) => error.fields[name]).find(Boolean);
    return message ? { message } : undefined;
  }
  if (!(error instanceof Problem || error instanceof IntentError) || !error.field) return undefined;
  const parts = error.field.split(/[.[\]]+/);
  if (!names.some((name) => parts.includes(name))) return undefined;
  if (error instanceof IntentError) return { message: error.message };
  return { message: error.detail ?? error.message, requestId: error.requestId };
}
