/** What a device knows of its bank, and checks everything against: the trust file. Not secret. */
import { type Bytes, equal, fromBase64url } from './bytes';
import { AnswerError } from './errors';
import { type LogPolicy, parseLogPolicy } from './log';
import { type Suite, suiteNamed } from './suites';
import type { Certificate } from './x509';

/** The trust file as JSON. */
export interface TrustText {
  readonly v?: string;
  readonly bank: string;
  readonly suite: string;
  readonly origin: string;
  /** PEM. */
  readonly root: string;
  readonly checkpoint_keys: string;
  readonly kem_public_key: string;
}

/** The bank, pinned. */
export interface Trust {
  readonly bank: string;
  /** Suite of the holders' keys. */
  readonly suite: Suite;
  /** Where the bank is reached; part of every sign-in. */
  readonly origin: string;
  readonly root: Certificate;
  readonly policy: LogPolicy;
  readonly kem: Bytes;
  readonly text: TrustText;
}

const member = (value: object, name: string): string => {
  const found: unknown = (value as Record<string, unknown>)[name];
  if (typeof found !== 'string') throw new AnswerError(`trust: ${name}`);
  return found;
};

/** Reads a trust file, or the member `trust` of `/api/security/info`. */
export const parseTrust = async (value: unknown): Promise<Trust> => {
  const from: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (typeof from !== 'object' || from === null) throw new AnswerError('trust');
  const text: TrustText = {
    v: '1',
    bank: member(from, 'bank'),
    suite: member(from, 'suite'),
    origin: member(from, 'origin'),
    root: member(from, 'root'),
    checkpoint_keys: member(from, 'checkpoint_keys'),
    kem_public_key: member(from, 'kem_public_key'),
  };
  const suite = suiteNamed(text.suite);
  const kem = fromBase64url(text.kem_public_key);
  if (!suite || !kem) throw new AnswerError('trust');
  const { certificateOfPem } = await import('./x509');
  try {
    const root = certificateOfPem(text.root);
    const policy = parseLogPolicy(text.checkpoint_keys);
    if (policy.bank !== text.bank) throw new AnswerError('trust: checkpoint_keys');
    return { bank: text.bank, suite, origin: text.origin, root, policy, kem, text };
  } catch (cause) {
    throw new AnswerError('trust', { cause });
  }
};

/** Whether two trusts are of one bank: its root, its log's keys and its KEM key are the same. */
export const isSameBank = (one: Trust, other: Trust): boolean =>
  one.bank === other.bank &&
  one.root.fingerprint === other.root.fingerprint &&
  one.policy.text === other.policy.text &&
  equal(one.kem, other.kem);

/** The trust file, to be kept or handed out: `strongroom receipt verify FILE --trust` takes it. */
export const trustFile = (trust: Trust): string => `${JSON.stringify(trust.text, null, 2)}\n`;
