import { CSPProvider } from '@base-ui/react/csp-provider';
import { Toast } from '@base-ui/react/toast';
import { CircleCheck, Info, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { common } from '../text';
import { buttonClass } from './button';

const manager = Toast.createToastManager();
const ICONS = { good: CircleCheck, bad: TriangleAlert, info: Info } as const;
const TINTS = { good: 'text-good', bad: 'text-bad', info: 'text-accent' } as const;
type Kind = keyof typeof ICONS;

/** Says in passing that something small was done. What became of money is never said only here: it is a page. */
export const toast = (title: string, options: { description?: string; kind?: Kind } = {}): void => {
  const { description, kind = 'good' } = options;
  manager.add({ title, type: kind, ...(description ? { description } : {}) });
};

/** Around everything: no piece may write styles of its own into the page (the policy forbids it), and toasts have a place. */
export function UiProvider({ children }: { children: ReactNode }) {
  return (
    <CSPProvider disableStyleElements>
      <Toast.Provider toastManager={manager}>
        {children}
        <Toast.Portal>
          <Toast.Viewport className="no-print fixed right-4 bottom-4 z-60 grid w-[min(22rem,calc(100vw-2rem))] gap-2 max-lg:bottom-20">
            <List />
          </Toast.Viewport>
        </Toast.Portal>
      </Toast.Provider>
    </CSPProvider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((one) => {
    const kind: Kind = one.type === 'bad' || one.type === 'info' ? one.type : 'good';
    const Icon = ICONS[kind];
    return (
      <Toast.Root
        key={one.id}
        toast={one}
        className="flex items-start gap-3 rounded-lg border border-line bg-raised px-4 py-3 shadow-float transition data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0"
      >
        <Icon aria-hidden className={`mt-0.5 size-5 shrink-0 ${TINTS[kind]}`} />
        <div className="min-w-0 flex-1">
          <Toast.Title className="font-medium" />
          <Toast.Description className="text-sm text-ink-2" />
        </div>
        <Toast.Close
          aria-label={common.dismiss}
          className={buttonClass('quiet', 'icon-sm', '-my-1 -mr-2 shrink-0')}
        >
          <X aria-hidden className="size-4" />
        </Toast.Close>
      </Toast.Root>
    );
  });
}
