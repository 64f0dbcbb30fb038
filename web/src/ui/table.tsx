import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, ChevronsLeft } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { common } from '../text';
import { Button } from './button';
import { cx } from './cx';
import { ErrorState, Skeleton } from './states';

export interface Column<Row> {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: 'left' | 'right';
  sortable?: boolean;
  /** Left out on a telephone: the drawer says it. */
  wideOnly?: boolean;
  className?: string;
}

export interface Sort {
  by: string;
  descending: boolean;
}

interface Props<Row> {
  /** What the table is of, for those who do not see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  /** Makes rows open something: the first column becomes a button, its text the name. */
  onOpen?: (row: Row) => void;
  selected?: string | undefined;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
  error?:
    | { title: ReactNode; detail?: ReactNode; requestId?: string | undefined; onRetry?: () => void }
    | null
    | undefined;
  /** An `EmptyState`, with what to do next. */
  empty: ReactNode;
  pagination?: ReactNode;
  /** Less space, for those who work here all day. */
  dense?: boolean;
}

const SKELETON_ROWS = 6;
/** Arrows, and j and k where nobody types. */
const MOVES: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Rows of the server: one page of them. Cards on a telephone, with the same words. */
export function Table<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, onOpen, selected, sort, onSort, error, empty, pagination, dense } =
    props;
  const body = useRef<HTMLTableSectionElement>(null);
  const pad = dense ? 'px-3 py-1.5' : 'px-4 py-3';

  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const openers = [...(body.current?.querySelectorAll<HTMLButtonElement>('button[data-open]') ?? [])];
    const at = openers.indexOf(document.activeElement as HTMLButtonElement);
    const next = openers[at + by];
    if (at >= 0 && next) {
      event.preventDefault();
      next.focus();
    }
  };

  if (error) return <ErrorState {...error} />;
  if (rows?.length === 0)
    return (
      <>
        {empty}
        {pagination}
      </>
    );
  return (
    <div>
      {/* Explicit roles: cards on a telephone are laid out as blocks, which takes the meaning of a table away. */}
      <table
        role="table"
        aria-label={label}
        aria-busy={!rows}
        className="w-full border-collapse text-left max-sm:block"
      >
        <thead role="rowgroup" className="max-sm:sr-only">
          <tr role="row" className="border-b border-line">
            {columns.map((column) => (
              <Header key={column.id} column={column} pad={pad} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} role="rowgroup" onKeyDown={move} className="max-sm:block">
          {rows
            ? rows.map((row) => {
                const key = rowKey(row);
                return (
                  <tr
                    key={key}
                    role="row"
                    aria-selected={selected === undefined ? undefined : selected === key}
                    className={cx(
                      'relative border-b border-line last:border-b-0 max-sm:block max-sm:px-4 max-sm:py-3',
                      onOpen && 'hover:bg-hover has-[button[data-open]:focus-visible]:bg-hover',
                      selected === key && 'bg-accent-soft',
                    )}
                  >
                    {columns.map((column, place) => (
                      <td
                        key={column.id}
                        role="cell"
                        className={cx(
                          'align-middle max-sm:flex max-sm:items-baseline max-sm:justify-between max-sm:gap-4 max-sm:py-0.5',
                          `max-sm:px-0 ${pad}`,
                          column.align === 'right' && 'text-right',
                          column.wideOnly && 'max-sm:hidden',
                          place === 0 && 'max-sm:font-medium',
                          column.className,
                        )}
                      >
                        <span
                          aria-hidden
                          className={cx('text-sm font-normal text-ink-3 sm:hidden', place === 0 && 'hidden')}
                        >
                          {column.header}
                        </span>
                        {place === 0 && onOpen ? (
                          <button
                            type="button"
                            data-open
                            onClick={() => onOpen(row)}
                            className="text-left after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:-outline-offset-2 focus-visible:after:outline-2 focus-visible:after:outline-accent"
                          >
                            {column.cell(row)}
                          </button>
                        ) : (
                          <span className="min-w-0">{column.cell(row)}</span>
                        )}
                      </td>
                    ))}
                  </tr>
                );
              })
            : Array.from({ length: SKELETON_ROWS }, (_, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: all alike
                <tr key={row} className="border-b border-line max-sm:block">
                  {columns.map((column, place) => (
                    <td key={column.id} className={cx(pad, 'max-sm:block')}>
                      <Skeleton className={place === 0 ? 'w-40' : 'w-20'} />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
      {pagination}
    </div>
  );
}

function Header<Row>(props: {
  column: Column<Row>;
  pad: string;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const { column, pad, sort, onSort } = props;
  const sorted = sort?.by === column.id ? (sort.descending ? 'descending' : 'ascending') : undefined;
  const right = column.align === 'right';
  const Arrow = sorted === 'ascending' ? ArrowUp : ArrowDown;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={column.sortable ? (sorted ?? 'none') : undefined}
      className={cx(
        'py-2 text-xs font-medium whitespace-nowrap text-ink-3',
        pad,
        'py-2',
        right && 'text-right',
        column.className,
      )}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          onClick={() => onSort({ by: column.id, descending: sorted === 'ascending' })}
          className="inline-flex items-center gap-1 hover:text-ink"
        >
          {column.header}
          <Arrow aria-hidden className={cx('size-3', !sorted && 'opacity-0')} />
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

interface PagesProps {
  /** Absent: one is there. */
  onFirst?: (() => void) | undefined;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
  /** How many are shown; totals are not counted. */
  shown?: number | undefined;
}

/** Pages of a list that the server reads by cursor. */
export function Pagination({ onFirst, onPrevious, onNext, shown }: PagesProps) {
  if (!onFirst && !onPrevious && !onNext) return null;
  const button = (name: string, icon: ReactNode, act: (() => void) | undefined, after = false) => (
    <Button size="sm" tone="quiet" disabled={!act} onClick={act}>
      {!after && icon}
      {name}
      {after && icon}
    </Button>
  );
  return (
    <nav
      aria-label={common.pages}
      className="no-print flex items-center justify-between gap-2 border-t border-line px-2 py-2"
    >
      <p className="figures px-2 text-sm text-ink-3">{shown !== undefined && common.shown(shown)}</p>
      <div className="flex gap-1">
        {button(common.first, <ChevronsLeft aria-hidden className="size-4" />, onFirst)}
        {button(common.previous, <ChevronLeft aria-hidden className="size-4" />, onPrevious)}
        {button(common.next, <ChevronRight aria-hidden className="size-4" />, onNext, true)}
      </div>
    </nav>
  );
}
