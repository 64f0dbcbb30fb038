import { useQuery } from '@tanstack/react-query';
import { Search, UserSearch } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { type Role, useApi } from '../../app/session';
import { common } from '../../text';
import { people as words } from '../../text/en/people';
import {
  Button,
  type Column,
  EmptyState,
  Field,
  Input,
  Pagination,
  Section,
  Select,
  Table,
  Timestamp,
} from '../../ui';
import { PersonState, roleName } from './people';

export type PersonRow = Schemas['PersonView'];

export const ALL_ROLES: readonly Role[] = ['customer', 'manager', 'auditor_clerk', 'system_admin'];
const LIMIT = 50;

/** People of the bank, found by name, address and role; what is sought stands in the address. */
export function PeopleList({
  label,
  only,
  columns = [],
  selected,
  onOpen,
  none,
  beside,
}: {
  label: string;
  /** Of one role alone. */
  only?: Role;
  /** What else is said of each. */
  columns?: readonly Column<PersonRow>[];
  selected?: string | undefined;
  onOpen: (person: PersonRow) => void;
  /** Where there is nobody at all. */
  none?: { title: string; about: string };
  /** What stands beside the list, of those that are shown. */
  beside?: (rows: readonly PersonRow[]) => ReactNode;
}) {
  const api = useApi();
  const { search, set, pages } = useListSearch();
  const { search: sought, cursor } = search;
  const role = only ?? search['role'];
  const [typed, setTyped] = useState(sought ?? '');
  const query = {
    limit: LIMIT,
    ...(sought ? { search: sought } : {}),
    ...(role ? { role } : {}),
    ...(cursor ? { cursor } : {}),
  };
  const found = useQuery({
    queryKey: ['people', query],
    queryFn: () => ok(api.GET('/api/admin/users', { params: { query } })),
  });
  const isFiltered = Boolean(sought || search['role']);
  const clear = () => {
    setTyped('');
    set({ search: undefined, role: undefined });
  };
  const seek = (event: FormEvent) => {
    event.preventDefault();
    set({ search: typed.trim() || undefined });
  };
  const own: readonly (Column<PersonRow> | false)[] = [
    { id: 'name', header: words.name, cell: (person) => person.name },
    {
      id: 'email',
      header: words.email,
      cell: (person) => <span className="text-ink-2">{person.email}</span>,
    },
    !only && { id: 'role', header: words.role, cell: (person) => roleName(person.role) },
    ...columns,
    {
      id: 'state',
      header: words.state,
      cell: (person) => <PersonState status={person.status} locked={person.locked} />,
    },
    {
      id: 'since',
      header: words.since,
      wideOnly: true,
      align: 'right',
      cell: (person) => <Timestamp at={person.registered_at} precision="day" />,
    },
  ];
  const emptied = (title: string, about: string, action?: ReactNode) => (
    <EmptyState icon={<UserSearch aria-hidden />} title={title} action={action}>
      {about}
    </EmptyState>
  );
  return (
    <Section flush>
      <search>
        <form onSubmit={seek} className="flex flex-wrap items-end gap-3 border-b border-line px-4 py-3">
          <Field label={words.search} className="min-w-48 flex-1 sm:max-w-sm">
            <Input type="search" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
          {!only && (
            <Field label={words.role} className="w-48">
              <Select
                value={search['role'] ?? ''}
                onChange={(next) => set({ role: next || undefined })}
                options={[
                  { value: '', label: words.everyRole },
                  ...ALL_ROLES.map((value) => ({ value, label: roleName(value) })),
                ]}
              />
            </Field>
          )}
          <Button type="submit" icon={<Search aria-hidden className="size-4" />}>
            {common.search}
          </Button>
        </form>
      </search>
      <Table
        label={label}
        dense
        columns={own.filter((column) => column !== false)}
        rows={found.data?.items}
        rowKey={(person) => person.user_id}
        selected={selected}
        onOpen={onOpen}
        error={found.isError ? { ...told(found.error), onRetry: () => void found.refetch() } : null}
        empty={
          none && !isFiltered
            ? emptied(none.title, none.about)
            : emptied(
                words.nobody,
                words.nobodyAbout,
                isFiltered && <Button onClick={clear}>{words.clear}</Button>,
              )
        }
        pagination={<Pagination {...pages(found.data?.next)} shown={found.data?.items.length} />}
      />
      {beside?.(found.data?.items ?? [])}
    </Section>
  );
}
