import { useEffect, useState } from 'react';
import { shell } from '../text';
import { Button } from './button';
import { Dialog } from './dialog';

interface Props {
  /** When the session ends by itself, in milliseconds since 1970; none: it does not. */
  endsAt: number | null;
  /** How long before that to ask. */
  warnMs?: number;
  onStay: () => void;
  onLeave: () => void;
}

const SECOND_MS = 1000;

/** Asks in time whether somebody is still there (WCAG 2.2.1). */
export function SessionTimeout({ endsAt, warnMs = 120_000, onStay, onLeave }: Props) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (endsAt === null) return;
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [endsAt]);
  const left = endsAt === null ? Number.POSITIVE_INFINITY : endsAt - now;
  const ended = left <= 0;
  useEffect(() => {
    if (ended) onLeave();
  }, [ended, onLeave]);
  if (left > warnMs || ended) return null;
  const seconds = Math.ceil(left / SECOND_MS);
  return (
    <Dialog
      open
      mustAnswer
      onOpenChange={() => undefined}
      title={shell.stillThere}
      description={shell.endsIn(seconds)}
      actions={
        <>
          <Button tone="primary" onClick={onStay}>
            {shell.staySignedIn}
          </Button>
          <Button onClick={onLeave}>{shell.signOut}</Button>
        </>
      }
    />
  );
}
