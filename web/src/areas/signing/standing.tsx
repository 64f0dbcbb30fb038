import { Link, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { signing } from '../../text/en/signing';
import { Alert, Button, buttonClass } from '../../ui';
import { type Attempt, useStandingAttempts } from './attempts';
import { kindName } from './kinds';

const words = signing.standing;
// Of all this only what is seldom needed weighs anything.
const AskDialog = lazy(() => import('./dialog').then((room) => ({ default: room.AskDialog })));

/** Where a kind has a page of its own the question is asked there: its form waits until it is answered. */
const PAGES: Readonly<Record<string, string>> = { transfer: '/transfer', 'payments.file': '/payments' };

/** Above every page: what was signed here and never answered. */
export function StandingAttempts() {
  const attempts = useStandingAttempts().data ?? [];
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const [asking, setAsking] = useState<Attempt>();
  // That page asks first of all.
  const shown = attempts.filter(({ intent }) => intent.kind !== 'transfer' || path !== PAGES['transfer']);
  if (shown.length === 0 && !asking) return null;
  return (
    <section
      aria-label={words.label}
      className="no-print mx-auto grid w-full max-w-5xl gap-2 px-4 pt-6 sm:px-6 lg:px-8"
    >
      {shown.map(({ id, intent }, at) => {
        const page = PAGES[intent.kind];
        return (
          <Alert
            key={id}
            kind="warn"
            title={words.title(kindName(intent.kind))}
            action={
              page ? (
                <Link to={page} className={buttonClass('primary', 'sm')}>
                  {words.ask}
                </Link>
              ) : (
                <Button size="sm" tone="primary" onClick={() => setAsking(shown[at])}>
                  {words.ask}
                </Button>
              )
            }
          >
            {words.about}
          </Alert>
        );
      })}
      {asking && (
        <Suspense fallback={null}>
          <AskDialog attempt={asking} onClose={() => setAsking(undefined)} />
        </Suspense>
      )}
    </section>
  );
}
