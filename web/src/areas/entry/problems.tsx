import type { ReactNode } from 'react';
import { Problem, told } from '../../app/problem';
import { entry } from '../../text/en/entry';
import { Alert } from '../../ui';

/** What was thrown, in words: a lock-out says when it ends. */
export function Problems({ error, action }: { error: unknown; action?: ReactNode }) {
  const { title, detail, requestId } = told(error);
  const isLocked = error instanceof Problem && error.code === 'rate-limited';
  const wait = isLocked ? error.retryAfterS : undefined;
  return (
    <Alert
      kind={isLocked ? 'warn' : 'bad'}
      title={isLocked ? entry.login.waitOne : title}
      requestId={requestId}
      action={action}
    >
      {wait ? entry.login.waitFor(wait) : detail}
    </Alert>
  );
}
