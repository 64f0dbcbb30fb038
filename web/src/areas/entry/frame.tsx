import { Link } from '@tanstack/react-router';
import { Fingerprint, ReceiptText, ShieldCheck } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { ThemeToggle } from '../../app/theme-toggle';
import { shell } from '../../text';
import { entry } from '../../text/en/entry';
import { OfflineBanner, Wordmark } from '../../ui';

const PROMISES = [
  [Fingerprint, entry.promises.keys],
  [ShieldCheck, entry.promises.signed],
  [ReceiptText, entry.promises.proof],
] as const;

/** Around the pages before a session: what one does at the left, what the bank promises at the right. */
export function EntryFrame({
  title,
  about,
  children,
  footer,
}: {
  title: string;
  about?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · ${shell.product}`;
  }, [title]);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)] xl:grid-cols-[minmax(0,1fr)_minmax(0,32rem)]">
      <div className="flex min-h-dvh flex-col bg-surface">
        <OfflineBanner />
        <header className="flex items-center justify-between px-5 py-4 sm:px-8">
          <Link to="/login" aria-label={shell.product} className="rounded-md no-underline">
            <Wordmark />
          </Link>
          <ThemeToggle />
        </header>
        <main
          id="content"
          className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center px-5 py-8 sm:px-8"
        >
          <h1 tabIndex={-1} data-page-heading className="text-2xl font-semibold">
            {title}
          </h1>
          {about && <p className="mt-2 text-pretty text-ink-2">{about}</p>}
          <div className="mt-7">{children}</div>
        </main>
        {footer && <footer className="px-5 py-5 text-center text-sm text-ink-3 sm:px-8">{footer}</footer>}
      </div>
      <aside
        aria-label={entry.promisesLabel}
        className="hidden border-l border-line bg-bg lg:flex lg:flex-col lg:justify-center"
      >
        <ul className="grid gap-9 px-12 xl:px-16">
          {PROMISES.map(([Icon, promise]) => (
            <li key={promise.title} className="flex gap-4">
              <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
                <Icon aria-hidden className="size-5" />
              </span>
              <div>
                <p className="font-medium">{promise.title}</p>
                <p className="mt-0.5 text-sm text-pretty text-ink-2">{promise.about}</p>
              </div>
            </li>
          ))}
        </ul>
      </aside>
    </div>
  );
}
