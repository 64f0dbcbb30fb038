import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Command as CommandIcon, KeyRound, LogOut, Menu, ShieldCheck } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { menu } from '../areas';
import { shell } from '../text';
import {
  Badge,
  Button,
  type Command,
  CommandMenu,
  cx,
  Dialog,
  Drawer,
  Facts,
  Hash,
  Key,
  OfflineBanner,
  SessionTimeout,
  ShortcutsHelp,
  useShortcuts,
  Wordmark,
} from '../ui';
import { NotAllowed } from './errors';
import { type NavItem, useAllowed, useMenu } from './navigation';
import { useSessionSource, useSignedIn } from './session';
import { setTheme, useTheme } from './theme';
import { THEMES, ThemeToggle } from './theme-toggle';

const StandingAttempts = lazy(() =>
  import('../areas/signing/standing').then((room) => ({ default: room.StandingAttempts })),
);

/** Four fit below a thumb; the rest is behind the fifth. */
const AT_BOTTOM = 4;
const SHORTCUTS = [
  {
    title: shell.shortcutGroups.everywhere,
    keys: [
      ['Ctrl K', shell.shortcutOpenMenu],
      ['?', shell.shortcutHelp],
    ],
  },
  {
    title: shell.shortcutGroups.lists,
    keys: [
      ['j', shell.shortcutNext],
      ['k', shell.shortcutPrevious],
      ['Enter', shell.shortcutOpen],
    ],
  },
] as const;

/** Whether a path is of a page that the menu has for other roles, and the bank would not answer here. */
function useIsForOthers(path: string): boolean {
  const { role } = useSignedIn();
  const allowed = useAllowed();
  const holds = ({ to }: NavItem) => to !== '/' && (path === to || path.startsWith(`${to}/`));
  const [nearest] = menu.filter(holds).toSorted((a, b) => b.to.length - a.to.length);
  if (!nearest || !allowed || nearest.roles.includes(role)) return false;
  return !nearest.needs.every((need) => allowed.has(need));
}

/** What is around every page of somebody who is signed in. */
export function Frame() {
  const items = useMenu(menu);
  const session = useSignedIn();
  const source = useSessionSource();
  const [commands, setCommands] = useState(false);
  const [help, setHelp] = useState(false);
  const [more, setMore] = useState(false);
  const [you, setYou] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isForOthers = useIsForOthers(path);
  useFocusAfterNavigation(path);
  useShortcuts({ '?': () => setHelp(true) });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        setCommands((open) => !open);
      }
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
  const all = useCommands(items, () => setYou(true));
  const shown = items.filter((item) => item.primary).slice(0, AT_BOTTOM);
  const atBottom = shown.length > 0 ? shown : items.slice(0, AT_BOTTOM);

  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_1fr] lg:grid-rows-[auto_1fr]">
      <a
        href="#content"
        className="sr-only rounded-md bg-accent px-4 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        {shell.skip}
      </a>
      <header className="no-print sticky top-0 z-30 border-b border-line bg-surface lg:col-span-2">
        <OfflineBanner />
        <div className="flex h-14 items-center gap-2 px-4 lg:px-5">
          <Link to="/" aria-label={shell.product} className="rounded-md no-underline">
            <Wordmark />
          </Link>
          <div className="flex-1" />
          <Button
            size="sm"
            tone="secondary"
            onClick={() => setCommands(true)}
            icon={<CommandIcon aria-hidden className="size-3.5" />}
            className="border-line text-ink-3 max-md:hidden"
          >
            {shell.commandMenu}
            <Key>Ctrl K</Key>
          </Button>
          <ThemeToggle />
          <button
            type="button"
            onClick={() => setYou(true)}
            aria-haspopup="dialog"
            aria-label={`${shell.account}: ${shell.signedInAs(session.name, shell.roles[session.role])}`}
            className="flex items-center gap-2.5 rounded-md py-1 pr-1 pl-2 text-left hover:bg-hover"
          >
            <span className="max-w-44 min-w-0 text-right leading-tight max-sm:hidden">
              <span className="block truncate text-sm font-medium">{session.name}</span>
              <span className="block truncate text-xs text-ink-3">{shell.roles[session.role]}</span>
            </span>
            <span className="relative grid size-8 place-items-center rounded-full bg-accent-soft text-sm font-semibold text-accent">
              {initials(session.name)}
              {session.aal === 3 && (
                <ShieldCheck
                  aria-hidden
                  className="absolute -right-1 -bottom-1 size-4 rounded-full bg-surface text-good"
                />
              )}
            </span>
          </button>
        </div>
      </header>

      <nav
        aria-label={shell.mainNavigation}
        className="no-print sticky top-14 hidden h-[calc(100dvh-3.5rem)] overflow-y-auto border-r border-line px-3 py-4 lg:block"
      >
        <NavList items={items} />
      </nav>

      <main id="content" tabIndex={-1} className="min-w-0 max-lg:pb-20">
        <Suspense fallback={null}>
          <StandingAttempts />
        </Suspense>
        {isForOthers ? <NotAllowed /> : <Outlet />}
      </main>

      {items.length > 0 && (
        <nav
          aria-label={shell.mainNavigation}
          className="no-print fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
        >
          <ul className="mx-auto flex max-w-lg">
            {atBottom.map((item) => (
              <li key={item.to} className="min-w-0 flex-1">
                <Link
                  to={item.to}
                  activeOptions={{ exact: hasPagesBelow(item, items) }}
                  className={BOTTOM}
                  activeProps={{ className: 'text-accent' }}
                >
                  <item.icon aria-hidden className="size-5" />
                  <span className="max-w-full truncate">{item.label}</span>
                </Link>
              </li>
            ))}
            {items.length > atBottom.length && (
              <li className="min-w-0 flex-1">
                <button
                  type="button"
                  aria-haspopup="dialog"
                  onClick={() => setMore(true)}
                  className={cx(BOTTOM, 'w-full')}
                >
                  <Menu aria-hidden className="size-5" />
                  {shell.more}
                </button>
              </li>
            )}
          </ul>
        </nav>
      )}

      <Drawer open={more} onOpenChange={setMore} title={shell.menu}>
        <NavList items={items} onChoose={() => setMore(false)} />
      </Drawer>
      <YouDialog open={you} onOpenChange={setYou} />
      <CommandMenu open={commands} onOpenChange={setCommands} commands={all} />
      <ShortcutsHelp open={help} onOpenChange={setHelp} groups={SHORTCUTS} />
      <SessionTimeout
        endsAt={session.endsAt}
        onStay={() => void source.extend()}
        onLeave={() => void source.signOut()}
      />
    </div>
  );
}

const BOTTOM =
  'flex min-h-14 flex-col items-center justify-center gap-0.5 px-1 text-xs text-ink-2 no-underline';
const NAV =
  'flex items-center gap-3 rounded-md px-2.5 py-2 text-ink-2 no-underline hover:bg-hover hover:text-ink max-lg:py-3 [&_svg]:size-4.5';

/** Whether another page of the menu lies below this one: then it is not shown as the place where one is. */
const hasPagesBelow = ({ to }: NavItem, items: readonly NavItem[]): boolean =>
  to === '/' || items.some((other) => other.to.startsWith(`${to}/`));

function NavList({ items, onChoose }: { items: readonly NavItem[]; onChoose?: () => void }) {
  return (
    <ul className="grid gap-0.5">
      {items.map((item, place) => (
        <li key={item.to}>
          {item.group && item.group !== items[place - 1]?.group && (
            <p className="px-2.5 pt-4 pb-1 text-xs font-medium text-ink-3">{item.group}</p>
          )}
          <Link
            to={item.to}
            activeOptions={{ exact: hasPagesBelow(item, items) }}
            {...(onChoose ? { onClick: onChoose } : {})}
            className={NAV}
            activeProps={{ className: 'bg-accent-soft text-accent-strong font-medium' }}
          >
            <item.icon aria-hidden />
            {item.label}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Who is signed in, on what, and the way out. */
function YouDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const session = useSignedIn();
  const source = useSessionSource();
  const { theme } = useTheme();
  const level = shell.levels[session.aal];
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={session.name}
      description={shell.roles[session.role]}
      actions={
        <Button icon={<LogOut aria-hidden className="size-4" />} onClick={() => void source.signOut()}>
          {shell.signOut}
        </Button>
      }
    >
      <div className="grid gap-4">
        <div className="rounded-lg bg-sunken px-4 py-3">
          <Badge
            mood={session.aal === 3 ? 'good' : 'warn'}
            icon={<KeyRound aria-hidden className="size-3" />}
          >
            {level.badge}
          </Badge>
          <p className="mt-1.5 text-sm text-ink-2">{level.about}</p>
        </div>
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium">{shell.theme}</legend>
          <div className="flex gap-1 rounded-lg border border-line p-1">
            {THEMES.map(([name, Icon]) => (
              <Button
                key={name}
                size="sm"
                tone="quiet"
                aria-pressed={theme === name}
                onClick={() => setTheme(name)}
                icon={<Icon aria-hidden className="size-4" />}
                className="flex-1 aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
              >
                {shell.themes[name]}
              </Button>
            ))}
          </div>
        </fieldset>
        <Facts
          items={[
            [shell.personId, <Hash key="id" value={session.userId} />],
            session.deviceId !== null && [shell.device, <Hash key="device" value={session.deviceId} />],
            session.certificate !== null && [
              shell.certificate,
              <Hash key="certificate" value={session.certificate} />,
            ],
          ]}
        />
      </div>
    </Dialog>
  );
}

function useCommands(items: readonly NavItem[], showYou: () => void): readonly Command[] {
  const navigate = useNavigate();
  const source = useSessionSource();
  return useMemo(
    () => [
      ...items.map((item) => ({
        id: item.to,
        label: item.label,
        group: item.group ?? shell.pagesGroup,
        icon: <item.icon aria-hidden />,
        run: () => void navigate({ to: item.to }),
      })),
      {
        id: 'you',
        label: shell.account,
        group: shell.actionsGroup,
        icon: <KeyRound aria-hidden />,
        run: showYou,
      },
      ...THEMES.map(([name, Icon]) => ({
        id: `theme-${name}`,
        label: `${shell.theme}: ${shell.themes[name]}`,
        group: shell.actionsGroup,
        icon: <Icon aria-hidden />,
        run: () => setTheme(name),
      })),
      {
        id: 'sign-out',
        label: shell.signOut,
        group: shell.actionsGroup,
        icon: <LogOut aria-hidden />,
        run: () => void source.signOut(),
      },
    ],
    [items, navigate, source, showYou],
  );
}

/** Another page is read out from its heading, as a page that was loaded would be. */
function useFocusAfterNavigation(path: string): void {
  const [first] = useState(path);
  useEffect(() => {
    if (path !== first) document.querySelector<HTMLElement>('[data-page-heading]')?.focus();
  }, [path, first]);
}

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .slice(0, 2)
    .join('')
    .toUpperCase();
