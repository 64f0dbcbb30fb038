import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { common } from '../text';
import { buttonClass } from './button';
import { cx } from './cx';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** The buttons; the most important one first. */
  actions?: ReactNode;
  children?: ReactNode;
  /** What must be answered is not closed by a click beside it. */
  mustAnswer?: boolean;
  className?: string;
}

const BACKDROP =
  'fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0';

function Head({
  title,
  description,
  closable,
}: {
  title: ReactNode;
  description: ReactNode;
  closable: boolean;
}) {
  return (
    <header className="flex items-start gap-4 px-5 pt-5 pb-3">
      <div className="min-w-0 flex-1">
        <Base.Title className="text-lg font-semibold">{title}</Base.Title>
        {description && (
          <Base.Description className="mt-1 text-sm text-ink-2">{description}</Base.Description>
        )}
      </div>
      {closable && (
        <Base.Close
          aria-label={common.close}
          title={common.close}
          className={buttonClass('quiet', 'icon-sm', '-mt-1 -mr-1.5 shrink-0')}
        >
          <X aria-hidden className="size-4" />
        </Base.Close>
      )}
    </header>
  );
}

const Foot = ({ children }: { children: ReactNode }) => (
  <footer className="flex flex-row-reverse flex-wrap gap-2 border-t border-line px-5 py-3.5 max-sm:*:flex-1">
    {children}
  </footer>
);

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  actions,
  children,
  mustAnswer,
  className,
}: Props) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange} disablePointerDismissal={mustAnswer ?? false}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Viewport className="fixed inset-0 z-50 grid place-items-center overflow-y-auto p-4 max-sm:place-items-end max-sm:p-0">
          <Base.Popup
            className={cx(
              'w-full max-w-lg rounded-xl border border-line bg-raised shadow-float outline-none max-sm:rounded-b-none',
              'transition duration-150 data-ending-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0',
              className,
            )}
          >
            <Head title={title} description={description} closable={!mustAnswer} />
            {children && <div className="px-5 pb-5">{children}</div>}
            {actions && <Foot>{actions}</Foot>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

/** Details of one row, beside the list they come from; on a telephone over it. */
export function Drawer({ open, onOpenChange, title, description, actions, children, className }: Props) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup
          className={cx(
            'fixed inset-y-0 right-0 z-50 flex w-full max-w-xl flex-col border-l border-line bg-raised shadow-float outline-none',
            'transition-transform duration-200 ease-out data-ending-style:translate-x-full data-starting-style:translate-x-full',
            className,
          )}
        >
          <Head title={title} description={description} closable />
          <div
            className="flex-1 overflow-y-auto px-5 pb-6"
            tabIndex={0}
            role="group"
            aria-label={common.details}
          >
            {children}
          </div>
          {actions && <Foot>{actions}</Foot>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
