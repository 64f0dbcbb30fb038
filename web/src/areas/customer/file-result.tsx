import { useMutation, useQuery } from '@tanstack/react-query';
import { Download, FileX } from 'lucide-react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { saveFrom } from '../../app/save';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import { customer } from '../../text/en/customer';
import { Badge, Button, EmptyState, ErrorState, type Mood, Section, Table } from '../../ui';

const words = customer.files;
const MOODS: Record<string, Mood> = { settled: 'good', accepted: 'good', pending: 'warn', rejected: 'bad' };

/** What became of each payment by now, with the report that accounting software reads. */
export function FileResult({ intent }: { intent: string }) {
  const api = useApi();
  const source = useSessionSource();
  const { set } = useListSearch();
  const status = useQuery({
    queryKey: ['file', intent],
    queryFn: () =>
      // The same address has XML too, where one asks for it.
      ok(api.GET('/api/payments/files/{intent}', { params: { path: { intent } } })) as Promise<
        Schemas['FileStatus']
      >,
  });
  const save = useMutation({
    mutationFn: () =>
      saveFrom(
        source.session,
        `/api/payments/files/${encodeURIComponent(intent)}?format=pain002`,
        `pain002-${intent}.xml`,
      ),
  });
  if (status.isError) {
    return (
      <div className="panel">
        <ErrorState {...told(status.error)} onRetry={() => void status.refetch()} />
      </div>
    );
  }
  return (
    <Section
      title={words.result}
      about={status.data?.message_id}
      flush
      actions={
        <>
          <Button
            icon={<Download aria-hidden className="size-4" />}
            busy={save.isPending}
            onClick={() => save.mutate()}
          >
            {words.saveReport}
          </Button>
          <Button tone="primary" onClick={() => set({ file: undefined })}>
            {words.another}
          </Button>
        </>
      }
    >
      {save.isError && (
        <div className="p-4">
          <ProblemAlert error={save.error} />
        </div>
      )}
      <Table
        label={words.result}
        rows={status.data?.items}
        rowKey={(row) => row.end_to_end_id + (row.transfer ?? '')}
        empty={<EmptyState icon={<FileX aria-hidden />} title={words.nothing} />}
        columns={[
          { id: 'id', header: words.id, cell: (row) => row.end_to_end_id },
          {
            id: 'state',
            header: words.state,
            cell: (row) => <Badge mood={MOODS[row.status] ?? 'neutral'}>{words.statuses[row.status]}</Badge>,
          },
          {
            id: 'why',
            header: '',
            cell: (row) => (
              <span className="text-ink-2">
                {row.reason ? `${row.reason}: ` : ''}
                {row.reason ? (words.reasons[row.reason] ?? row.text) : row.text}
              </span>
            ),
          },
        ]}
      />
    </Section>
  );
}
