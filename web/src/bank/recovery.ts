/** Letting somebody in again who lost every device: a request, a number that a manager compares, keys made anew. */
import type { Bank } from './bank';
import { type Bytes, base64url, hex, random } from './bytes';
import { AnswerError } from './errors';
import { isUuid } from './forms';
import { sha3 } from './hash';
import { matchNumber } from './pairing';

/** A request of this browser. It waits for a day, so it outlives a reload; the token leaves only to enrol. */
export interface Recovery {
  readonly requestId: string;
  readonly email: string;
  readonly token: Bytes;
  readonly matchNumber: string;
  readonly expiresAt: string;
}

const STORED = 'recovery';

/** Asks for a recovery. The bank answers alike whether or not it knows the address. */
export const beginRecovery = async (bank: Bank, email: string, code?: string): Promise<Recovery> => {
  const token = random(32);
  const registration = hex(sha3(token));
  const request = { email, registration, ...(code ? { code } : {}) };
  const answer = await bank.transport.post<Record<string, unknown>>('/api/users/recovery', request);
  const requestId = String(answer.request_id);
  const number = matchNumber(`strongroom-recovery-1.${requestId}.${registration}`);
  if (!isUuid(requestId) || answer.match_number !== number) throw new AnswerError('recovery');
  const expiresAt = String(answer.expires_at);
  const recovery = { requestId, email, token, matchNumber: number, expiresAt };
  await bank.store.put(STORED, recovery);
  return recovery;
};

/** The request that this browser made, if it did. */
export const pendingRecovery = async (bank: Bank): Promise<Recovery | undefined> =>
  (await bank.store.get(STORED)) as Recovery | undefined;

export const forgetRecovery = (bank: Bank): Promise<void> => bank.store.delete(STORED);

/** The person who may enrol, once a manager has signed; `undefined` while nobody has. */
export const recoveredPerson = async (bank: Bank, recovery: Recovery): Promise<string | undefined> => {
  const question = { request_id: recovery.requestId, registration_token: base64url(recovery.token) };
  const answer = await bank.transport.post<{ status: string; user_id?: string | null }>(
    '/api/users/recovery/status',
    question,
    'same',
  );
  if (answer.status !== 'approved') return;
  if (!answer.user_id || !isUuid(answer.user_id)) throw new AnswerError('recovery');
  return answer.user_id;
};
