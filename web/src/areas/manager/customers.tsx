import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Search, Users } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi } from '../../app/session';
import { common } from '../../text';
import { manager } from '../../text/en/manager';
import {
  Badge,
  Button,
  EmptyState,
  Field,
  Input,
  type Mood,
  Page,
  Pagination,
  Table,
  Timestamp,
} from '../../ui';

const words = manager.customers;
const LIMIT = 50;
const MOODS: Record<string, Mood> = { active: 'good', registered: 'neutral', locked: 'bad' };

/** A person's state in a word. */
export const PersonState = ({ status, locked }: { status: string; locked?: boolean }) => {
  const state = locked ? 'locked' : status;
  return <Badge mood={MOODS[state] ?? 'neutral'}>{words.statuses[state] ?? state}</Badge>;
};

/** Customers by name or address. */
export function Customers() {
  const api = useApi();
  const navigate = useNavigate();
  const { search, set, pages } = useListSearch();
  const sought = search['search'];
  const cursor = search['cursor'];
  const [text, setText] = useState(sought ?? '');
  const people = useQuery({
    queryKey: ['people', 'customer', sought, cursor],
    queryFn: () =>
      ok(
        api.GET('/api/admin/users', {
          params: {
            query: {
              role: 'customer',
              limit: LIMIT,
              ...(sought ? { search: sought } : {}),
              ...(cursor ? { cursor } : {}),
            },
          },
        }),
      ),
  });
  const seek = (event: FormEvent) => {
    event.preventDefault();
    set({ search: text.trim() || undefined });
  };
  const clear = () => {
    setText('');
    set({ search: undefined });
  };
  return (
    <Page title={words.title} about={words.about}>
      <form onSubmit={seek} className="mb-4 flex flex-wrap items-end gap-2">
        <Field label={words.search} className="min-w-0 flex-1 sm:max-w-sm">
          <Input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Button type="submit" icon={<Search aria-hidden className="size-4" />}>
          {common.search}
        </Button>
      </form>
      <div className="panel overflow-clip">
        <Table
          label={words.table}
          rows={people.data?.items}
          rowKey={(one) => one.user_id}
          onOpen={(one) =>
            void navigate({ to: '/manage/customers/$user', params: { user: one.user_id } as never })
          }
          error={people.isError ? { ...told(people.error), onRetry: () => void people.refetch() } : null}
          empty={
            <EmptyState
              icon={<Users aria-hidden />}
              title={sought ? words.empty : words.none}
              action={sought && <Button onClick={clear}>{words.clear}</Button>}
            >
              {sought ? words.emptyAbout : words.noneAbout}
            </EmptyState>
          }
          columns={[
            { id: 'name', header: words.name, cell: (one) => one.name },
            { id: 'email', header: words.email, cell: (one) => one.email },
            {
              id: 'status',
              header: words.status,
              cell: (one) => <PersonState status={one.status} locked={one.locked} />,
            },
            {
              id: 'since',
              header: words.since,
              wideOnly: true,
              cell: (one) => <Timestamp at={one.registered_at} precision="day" />,
            },
          ]}
          pagination={<Pagination {...pages(people.data?.next)} shown={people.data?.items.length} />}
        />
      </div>
    </Page>
  );
}
