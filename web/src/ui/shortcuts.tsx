import { Dialog as Base } from '@base-ui/react/dialog';
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { common, shell } from '../text';
import { cx } from './cx';
import { Dialog } from './dialog';

/** Whether somebody types: then single letters are text. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single keys of a page, while nobody types and no dialog is open. */
export function useShortcuts(keys: Record<string, () => void>, active = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!active) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"]')) return;
      const act = latest.current[event.key];
      if (act) {
        event.preventDefault();
        act();
      }
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [active]);
}

export const Key = ({ children }: { children: ReactNode }) => (
  <kbd className="inline-grid min-w-6 place-items-center rounded-sm border border-line-strong bg-sunken px-1.5 py-0.5 font-mono text-xs text-ink-2">
    {children}
  </kbd>
);

export interface ShortcutGroup {
  title: string;
  keys: readonly (readonly [keys: string, does: string])[];
}

export function ShortcutsHelp({
  open,
  onOpenChange,
  groups,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  groups: readonly ShortcutGroup[];
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={shell.shortcuts}>
      <div className="grid gap-5">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="mb-1.5 text-sm font-medium text-ink-3">{group.title}</h3>
            <dl className="divide-y divide-line">
              {group.keys.map(([keys, does]) => (
                <div key={does} className="flex items-center justify-between gap-4 py-1.5">
                  <dt>{does}</dt>
                  <dd className="flex gap-1">
                    {keys.split(' ').map((key) => (
                      <Key key={key}>{key}</Key>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export interface Command {
  id: string;
  label: string;
  group: string;
  icon?: ReactNode;
  run: () => void;
}

/** Everything that one can go to or do here, by a few letters. */
export function CommandMenu({
  open,
  onOpenChange,
  commands,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  commands: readonly Command[];
}) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return commands.filter((command) =>
      words.every((word) => `${command.group} ${command.label}`.toLowerCase().includes(word)),
    );
  }, [commands, text]);
  useEffect(() => {
    if (open) {
      setText('');
      setAt(0);
    }
  }, [open]);
  useEffect(() => {
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [at, list]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onOpenChange(false);
    command.run();
  };
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Popup
          initialFocus={input}
          className="fixed top-[12dvh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-float outline-none"
        >
          <Base.Title className="sr-only">{shell.commandMenu}</Base.Title>
          <div className="flex items-center gap-3 border-b border-line px-4">
            <Search aria-hidden className="size-4 text-ink-3" />
            <input
              ref={input}
              role="combobox"
              aria-expanded
              aria-controls={list}
              aria-activedescendant={found.length > 0 ? `${list}-${at}` : undefined}
              aria-label={shell.commandMenu}
              placeholder={shell.commandHint}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
              onKeyDown={(event) => {
                if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                  event.preventDefault();
                  const by = event.key === 'ArrowDown' ? 1 : -1;
                  setAt((was) => (found.length === 0 ? 0 : (was + by + found.length) % found.length));
                } else if (event.key === 'Enter') {
                  event.preventDefault();
                  run(found[at]);
                }
              }}
              className="w-full bg-transparent py-3.5 outline-none"
            />
            <Key>Esc</Key>
          </div>
          <div
            id={list}
            role="listbox"
            aria-label={shell.commandMenu}
            className="max-h-[min(24rem,60dvh)] overflow-y-auto p-1.5"
          >
            {found.map((command, place) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the input, which names the active option
              <div
                key={command.id}
                id={`${list}-${place}`}
                role="option"
                tabIndex={-1}
                aria-selected={place === at}
                onClick={() => run(command)}
                onPointerMove={() => setAt(place)}
                className={cx(
                  'flex items-center gap-3 rounded-md px-3 py-2 [&_svg]:size-4 [&_svg]:text-ink-3',
                  place === at && 'bg-hover',
                )}
              >
                {command.icon}
                <span className="min-w-0 flex-1 truncate">{command.label}</span>
                <span className="text-xs text-ink-3">{command.group}</span>
              </div>
            ))}
          </div>
          {found.length === 0 && (
            <p role="status" className="px-4 py-6 text-center text-sm text-ink-3">
              {common.nothingFound}
            </p>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
