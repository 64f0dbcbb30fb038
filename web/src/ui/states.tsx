import { CircleAlert, CircleCheck, Info, RotateCcw, TriangleAlert, WifiOff, X } from 'lucide-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { common } from '../text';
import { Button, IconButton } from './button';
import { cx } from './cx';
import { RequestId } from './field';

export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden className={cx('shimmer block h-4 rounded-md bg-line', className)} />
);

/** Some lines, while something comes. */
export function SkeletonLines({ lines = 3 }: { lines?: number }) {
  return (
    <div role="status" className="grid gap-3 py-2">
      <span className="sr-only">{common.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all alike
        <Skeleton key={line} className={line % 3 === 2 ? 'w-2/3' : 'w-full'} />
      ))}
    </div>
  );
}

/** Nothing there yet: says what would be, and how to begin. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="grid justify-items-center gap-1 px-6 py-12 text-center">
      {icon && (
        <div className="mb-2 grid size-11 place-items-center rounded-full bg-sunken text-ink-3 [&_svg]:size-5">
          {icon}
        </div>
      )}
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-md text-sm text-pretty text-ink-2">{children}</p>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}

interface ErrorProps {
  title: ReactNode;
  detail?: ReactNode;
  requestId?: string | undefined;
  onRetry?: (() => void) | undefined;
}

export function ErrorState({ title, detail, requestId, onRetry }: ErrorProps) {
  return (
    <div role="alert" className="grid justify-items-center gap-1 px-6 py-12 text-center">
      <div className="mb-2 grid size-11 place-items-center rounded-full bg-bad-soft text-bad">
        <TriangleAlert aria-hidden className="size-5" />
      </div>
      <p className="font-medium">{title}</p>
      {detail && <p className="max-w-md text-sm text-ink-2">{detail}</p>}
      {requestId && <RequestId id={requestId} />}
      {onRetry && (
        <Button className="mt-4" icon={<RotateCcw aria-hidden className="size-4" />} onClick={onRetry}>
          {common.tryAgain}
        </Button>
      )}
    </div>
  );
}

type Kind = 'info' | 'good' | 'warn' | 'bad';
const KINDS: Record<Kind, { icon: typeof Info; className: string; tint: string }> = {
  info: { icon: Info, className: 'bg-accent-soft', tint: 'text-accent' },
  good: { icon: CircleCheck, className: 'bg-good-soft', tint: 'text-good' },
  warn: { icon: TriangleAlert, className: 'bg-warn-soft', tint: 'text-warn' },
  bad: { icon: CircleAlert, className: 'bg-bad-soft', tint: 'text-bad' },
};

interface AlertProps {
  kind?: Kind;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  onDismiss?: () => void;
  requestId?: string | undefined;
}

export function Alert({ kind = 'info', title, children, action, onDismiss, requestId }: AlertProps) {
  const { icon: Icon, className, tint } = KINDS[kind];
  return (
    <div
      role={kind === 'bad' ? 'alert' : 'status'}
      className={cx('flex items-start gap-3 rounded-lg px-4 py-3', className)}
    >
      <Icon aria-hidden className={cx('mt-0.5 size-5 shrink-0', tint)} />
      <div className="min-w-0 flex-1">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className={cx('text-sm', title ? 'text-ink-2' : 'text-ink')}>{children}</div>}
        {requestId && <RequestId id={requestId} />}
        {action && <div className="mt-2.5 flex flex-wrap gap-2">{action}</div>}
      </div>
      {onDismiss && (
        <IconButton size="sm" label={common.dismiss} onClick={onDismiss} className="-my-1 -mr-2">
          <X aria-hidden className="size-4" />
        </IconButton>
      )}
    </div>
  );
}

const subscribe = (changed: () => void) => {
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
  };
};

/** Whether the browser believes in a network. */
export const useOnline = (): boolean => useSyncExternalStore(subscribe, () => navigator.onLine);

/** Says so while there is no network: nothing is sent, nothing typed is lost. */
export function OfflineBanner() {
  const online = useOnline();
  return (
    <div role="status" className="no-print">
      {!online && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-sm font-medium text-warn">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          {common.offline}
        </p>
      )}
    </div>
  );
}
