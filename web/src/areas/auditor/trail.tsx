import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Download, FilterX, ScrollText, SlidersHorizontal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { saveText } from '../../app/save';
import { type Search, useListSearch } from '../../app/search';
import { useApi } from '../../app/session';
import { EVENTS, KIND_NAMES } from '../../bank';
import { auditor } from '../../text/en/auditor';
import {
  Badge,
  Button,
  cx,
  EmptyState,
  Field,
  Input,
  Page,
  Pagination,
  Select,
  Table,
  Timestamp,
  toast,
} from '../../ui';
import { kindName } from '../signing/kinds';
import { Person } from '../staff/people';
import { PersonPicker } from '../staff/pickers';
import { Period } from './period';

const words = auditor.trail;
type Leaf = Schemas['TrailView'];

const LIMIT = 50;
const EXPORT_PAGE = 500;
const EXPORT_MAX = 5000;
const ALL = 'all';
const FILTERS = ['kind', 'user', 'certificate', 'from', 'to', 'outcome'] as const;

const KINDS = [...KIND_NAMES, ...Object.values(EVENTS)]
  .map((kind) => ({ value: kind as string, label: kindName(kind), about: kind }))
  .sort((one, other) => one.label.localeCompare(other.label));

/** What the bank is asked for, from what stands in the address. */
const queryOf = (search: Search) =>
  Object.fromEntries(FILTERS.flatMap((name) => (search[name] ? [[name, search[name]]] : []))) as Partial<
    Record<(typeof FILTERS)[number], string>
  >;

export const OutcomeBadge = ({ outcome, code }: { outcome: string; code?: string | null | undefined }) => (
  <span className="inline-flex flex-wrap items-center gap-1.5">
    <Badge mood={outcome === 'accepted' ? 'good' : 'bad'}>{words.outcomes[outcome] ?? outcome}</Badge>
    {code && code !== 'ok' && <code className="font-mono text-xs text-ink-2">{code}</code>}
  </span>
);

export const Who = ({ leaf }: { leaf: Leaf }) =>
  leaf.event ? (
    <span className="text-ink-3">{words.nobody}</span>
  ) : leaf.user_id ? (
    <Person id={leaf.user_id} />
  ) : (
    <span className="text-ink-3">{words.erased}</span>
  );

/** The trail: what happened, found by filters that stand in the address. */
export function Trail() {
  const api = useApi();
  const navigate = useNavigate();
  const { search, set, pages } = useListSearch();
  const cursor = search['cursor'];
  const query = queryOf(search);
  const found = useQuery({
    queryKey: ['trail', query, cursor],
    queryFn: () =>
      ok(
        api.GET('/api/audit/logs', {
          params: { query: { ...query, limit: LIMIT, ...(cursor ? { cursor } : {}) } },
        }),
      ),
  });
  const open = (leaf: string) =>
    void navigate({ to: '/audit/$leaf', params: { leaf } as never, search: {} as never });
  const isFiltered = Object.keys(query).length > 0;
  const clear = () => set(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
  return (
    <Page title={words.title} about={words.about} width="wide" actions={<GoTo onOpen={open} />}>
      <Filters search={search} set={set} />
      <div className="mb-2 flex flex-wrap items-center justify-end gap-2">
        {isFiltered && (
          <Button size="sm" tone="quiet" icon={<FilterX aria-hidden className="size-4" />} onClick={clear}>
            {words.clear}
          </Button>
        )}
        <Export query={query} />
      </div>
      <div className="panel overflow-clip">
        <Table
          dense
          label={words.table}
          rows={found.data?.items}
          rowKey={(one) => one.leaf}
          onOpen={(one) => open(one.leaf)}
          error={found.isError ? { ...told(found.error), onRetry: () => void found.refetch() } : null}
          empty={
            <EmptyState
              icon={<ScrollText aria-hidden />}
              title={words.empty}
              action={isFiltered && <Button onClick={clear}>{words.clear}</Button>}
            >
              {words.emptyAbout}
            </EmptyState>
          }
          columns={[
            { id: 'leaf', header: words.leaf, cell: (one) => <span className="figures">{one.leaf}</span> },
            { id: 'at', header: words.at, cell: (one) => <Timestamp at={one.at} precision="second" /> },
            { id: 'what', header: words.what, cell: (one) => kindName(one.kind) },
            { id: 'who', header: words.who, cell: (one) => <Who leaf={one} /> },
            {
              id: 'outcome',
              header: words.outcome,
              cell: (one) => <OutcomeBadge outcome={one.outcome} code={one.code} />,
            },
          ]}
          pagination={<Pagination {...pages(found.data?.next)} shown={found.data?.items.length} />}
        />
      </div>
    </Page>
  );
}

function GoTo({ onOpen }: { onOpen: (leaf: string) => void }) {
  const [leaf, setLeaf] = useState('');
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (/^\d{1,15}$/.test(leaf.trim())) onOpen(leaf.trim());
  };
  return (
    <form onSubmit={go} className="flex gap-2">
      <Input
        aria-label={words.goTo}
        placeholder={words.goTo}
        inputMode="numeric"
        figures
        className="w-36"
        value={leaf}
        onChange={(event) => setLeaf(event.target.value)}
      />
      <Button type="submit">{words.go}</Button>
    </form>
  );
}

function Filters({ search, set }: { search: Search; set: (changes: Search) => void }) {
  const [certificate, setCertificate] = useState(search['certificate'] ?? '');
  const text = certificate.trim().toLowerCase();
  const wrong = text !== '' && !/^[0-9a-f]{64}$/.test(text);
  // On a telephone what was found comes first.
  const [open, setOpen] = useState(false);
  return (
    <section aria-label={words.filters} className="panel mb-4 p-4 max-sm:py-2">
      <Button
        tone="quiet"
        className="w-full sm:hidden"
        aria-expanded={open}
        icon={<SlidersHorizontal aria-hidden className="size-4" />}
        onClick={() => setOpen((was) => !was)}
      >
        {words.filters}
      </Button>
      <div
        className={cx(
          'grid gap-x-4 gap-y-3 max-sm:py-2 sm:grid-cols-2 xl:grid-cols-3',
          !open && 'max-sm:hidden',
        )}
      >
        <Field label={words.kind}>
          <Select
            value={search['kind'] ?? ALL}
            onChange={(kind) => set({ kind: kind === ALL ? undefined : kind })}
            options={[{ value: ALL, label: words.everyKind }, ...KINDS]}
          />
        </Field>
        <PersonPicker
          label={words.person}
          value={search['user'] ?? null}
          onChange={(user) => set({ user: user ?? undefined })}
        />
        <Field label={words.outcome}>
          <Select
            value={search['outcome'] ?? ALL}
            onChange={(outcome) => set({ outcome: outcome === ALL ? undefined : outcome })}
            options={[
              { value: ALL, label: words.everyOutcome },
              ...Object.entries(words.outcomes).map(([value, label]) => ({ value, label })),
            ]}
          />
        </Field>
        <Period from={search['from']} to={search['to']} onChange={set} />
        <Field label={words.certificate} error={wrong ? words.certificateWrong : undefined}>
          <Input
            spellCheck={false}
            placeholder={words.certificateHint}
            className="font-mono text-sm"
            value={certificate}
            onChange={(event) => {
              setCertificate(event.target.value);
              const typed = event.target.value.trim().toLowerCase();
              if (typed === '' || /^[0-9a-f]{64}$/.test(typed)) set({ certificate: typed || undefined });
            }}
          />
        </Field>
      </div>
    </section>
  );
}

const COLUMNS = [
  'leaf',
  'at',
  'kind',
  'outcome',
  'code',
  'user_id',
  'role',
  'certificate',
  'device_id',
  'intent_id',
] as const;

const cell = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function Export({ query }: { query: ReturnType<typeof queryOf> }) {
  const api = useApi();
  const run = useMutation({
    mutationFn: async () => {
      const rows: Leaf[] = [];
      let cursor: string | undefined;
      do {
        const at = cursor;
        const page = await ok(
          api.GET('/api/audit/logs', {
            params: { query: { ...query, limit: EXPORT_PAGE, ...(at ? { cursor: at } : {}) } },
          }),
        );
        rows.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor && rows.length < EXPORT_MAX);
      const lines = rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(','));
      saveText(`${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`, 'trail.csv', 'text/csv');
      return { count: rows.length, cut: Boolean(cursor) };
    },
    onSuccess: ({ count, cut }) => toast(cut ? words.exportCut(count) : words.exported(count)),
    onError: (error) => toast(told(error).title, { kind: 'bad' }),
  });
  return (
    <Button
      size="sm"
      busy={run.isPending}
      icon={<Download aria-hidden className="size-4" />}
      onClick={() => run.mutate()}
    >
      {words.export}
    </Button>
  );
}
