/** Everything that this library throws on purpose. Each has a stable `code`; texts for people are in the catalogue. */

/** A document that is not acceptable: ours to be signed, or the bank's. `field` is the path of the member. */
export class IntentError extends Error {
  override readonly name = 'IntentError';
  readonly code: string;
  readonly field: string | undefined;

  constructor(code: string, why: string, field?: string) {
    super(field ? `${field}: ${why}` : why);
    this.code = code;
    this.field = field || undefined;
  }
}

/** Something the bank answered is not what the protocol promises: believe nothing of it. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code = 'bad-answer';
  readonly what: string;

  constructor(what: string, options?: ErrorOptions) {
    super(`the bank's answer is not acceptable: ${what}`, options);
    this.what = what;
  }
}

/** This device cannot do what was asked. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly code:
    | 'no-key'
    | 'not-enrolled'
    | 'locked'
    | 'cancelled'
    | 'no-prf'
    | 'unsupported-suite'
    | 'unsupported-browser'
    | 'sign-failed';

  constructor(code: DeviceError['code'], why: string, options?: ErrorOptions) {
    super(why, options);
    this.code = code;
  }
}

/** No answer came. A signed intent may or may not have taken effect: ask again with the same one. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly code = 'unreachable';
}

/** What a refusal carries (RFC 9457 and the bank's own members). */
export interface ProblemParts {
  readonly status: number;
  /** Stable, kebab-case: decide by this and never by texts. */
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  /** Path of the member that caused it, such as `body.amount` or `email`. */
  readonly field?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterS?: number | undefined;
  /** The bank's receipt of a refused intent, unverified: see `Refused`. */
  readonly receipt?: unknown;
}

/** The bank refused a request. */
export class Problem extends Error implements ProblemParts {
  override readonly name: string = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly receipt: unknown;

  constructor(parts: ProblemParts) {
    super(parts.detail ? `${parts.title}: ${parts.detail}` : parts.title);
    this.status = parts.status;
    this.code = parts.code;
    this.title = parts.title;
    this.detail = parts.detail;
    this.field = parts.field;
    this.requestId = parts.requestId;
    this.retryAfterS = parts.retryAfterS;
    this.receipt = parts.receipt;
  }

  /** Whether the server says that nothing happened: the very same request may be sent again. */
  get nothingHappened(): boolean {
    return this.status === 503 && (this.code === 'overloaded' || this.code === 'unavailable');
  }

  /** Whether the session is over: sign in again. */
  get isSessionOver(): boolean {
    return this.status === 401 && (this.code === 'session-ended' || this.code === 'unauthenticated');
  }

  /** Whether proving again who one is, or a stronger sign-in, would help: see `Session.prove`. */
  get wantsProof(): boolean {
    return this.code === 'authentication-not-fresh' || this.code === 'assurance-too-low';
  }
}
