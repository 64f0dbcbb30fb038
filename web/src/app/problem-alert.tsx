import type { ReactNode } from 'react';
import { Alert } from '../ui';
import { told } from './problem';

/** What went wrong, in words, with the id of the request. */
export function ProblemAlert({
  error,
  children,
  action,
}: {
  error: unknown;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const { title, detail, requestId } = told(error);
  return (
    <Alert kind="bad" title={title} requestId={requestId} action={action}>
      {(detail || children) && (
        <>
          {detail} {children}
        </>
      )}
    </Alert>
  );
}
