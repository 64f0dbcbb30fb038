import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { Compass, Lock, RefreshCw } from 'lucide-react';
import { shell } from '../text';
import { Button, buttonClass, EmptyState, ErrorState, Page } from '../ui';
import { Problem, told } from './problem';
import { useSession, useSessionSource, useSignedIn } from './session';

/** A part of the console that is not there any more, because the bank has a newer one. */
const isOutdated = (error: unknown): boolean =>
  error instanceof TypeError &&
  /dynamically imported module|module script|Importing a module/i.test(error.message);

/** What a page shows that broke. The frame around it goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  if (isOutdated(error)) {
    return (
      <EmptyState
        icon={<RefreshCw aria-hidden />}
        title={shell.updated}
        action={<Button onClick={() => window.location.reload()}>{shell.reload}</Button>}
      >
        {shell.updatedAbout}
      </EmptyState>
    );
  }
  if (error instanceof Problem || error instanceof TypeError)
    return <ErrorState {...told(error)} onRetry={reset} />;
  return <ErrorState title={shell.broken} detail={shell.brokenAbout} onRetry={reset} />;
}

export function NotFound() {
  return (
    <Page title={shell.notFound} width="narrow">
      <div className="panel">
        <EmptyState
          icon={<Compass aria-hidden />}
          title={shell.notFoundAbout}
          action={
            <Link to="/" className={buttonClass('primary')}>
              {shell.backHome}
            </Link>
          }
        />
      </div>
    </Page>
  );
}

/** Instead of a page that is somebody else's work. */
export function NotAllowed() {
  const { role } = useSignedIn();
  return (
    <Page title={shell.notAllowed} width="narrow">
      <div className="panel">
        <EmptyState
          icon={<Lock aria-hidden />}
          title={shell.notAllowedAbout(shell.roles[role])}
          action={
            <Link to="/" className={buttonClass('primary')}>
              {shell.backHome}
            </Link>
          }
        />
      </div>
    </Page>
  );
}

/** Instead of everything that needs the bank, while it does not answer. */
export function Unreachable() {
  const session = useSession();
  const source = useSessionSource();
  if (session.status !== 'unreachable') return null;
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <h1 className="sr-only">{shell.noAnswer}</h1>
      <div className="panel">
        <ErrorState {...told(session.error)} onRetry={() => void source.start()} />
      </div>
    </main>
  );
}
