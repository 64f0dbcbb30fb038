import { type ReactNode, useEffect } from 'react';
import { shell } from '../text';
import { cx } from './cx';

interface PageProps {
  title: string;
  about?: ReactNode;
  /** What one does here, at the right of the title. */
  actions?: ReactNode;
  /** How wide text and forms may become; tables take what there is. */
  width?: 'narrow' | 'normal' | 'wide';
  children: ReactNode;
}

const WIDTHS = { narrow: 'max-w-2xl', normal: 'max-w-5xl', wide: 'max-w-none' };

/** A page below the header: its title is also that of the window. */
export function Page({ title, about, actions, width = 'normal', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${shell.product}`;
  }, [title]);
  return (
    <div className={cx('mx-auto w-full px-4 py-6 sm:px-6 lg:px-8 lg:py-8', WIDTHS[width])}>
      <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 tabIndex={-1} data-page-heading className="text-2xl font-semibold">
            {title}
          </h1>
          {about && <p className="mt-1 max-w-2xl text-pretty text-ink-2">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled part of a page. */
export function Section({
  title,
  about,
  actions,
  flush,
  children,
}: {
  title?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className="panel mb-5 overflow-clip">
      {(title || actions) && (
        <header
          className={cx(
            'flex flex-wrap items-center justify-between gap-3 px-5 pt-4',
            flush ? 'border-b border-line pb-3' : 'pb-1',
          )}
        >
          <div>
            {title && <h2 className="text-lg font-semibold">{title}</h2>}
            {about && <p className="text-sm text-ink-2">{about}</p>}
          </div>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? '' : 'px-5 py-4'}>{children}</div>
    </section>
  );
}
