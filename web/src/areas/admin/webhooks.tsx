import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Webhook } from 'lucide-react';
import { ok, type Schemas } from '../../api/client';
import { problemOf, told } from '../../app/problem';
import { useApi } from '../../app/session';
import { admin } from '../../text/en/admin';
import { Badge, Button, type Column, EmptyState, type Mood, Section, Table, toast } from '../../ui';

const words = admin.system;
type Hook = Schemas['WebhookView'];

const HOOK_MOODS: Record<string, Mood> = { telling: 'good', failing: 'warn', paused: 'bad' };

/** Systems of the bank that are told what happens. */
export function Webhooks() {
  const api = useApi();
  const client = useQueryClient();
  const hooks = useQuery({ queryKey: ['webhooks'], queryFn: () => ok(api.GET('/api/admin/webhooks')) });
  const resume = useMutation({
    mutationFn: async (hook: Hook) => {
      const path = { id: hook.webhook };
      const { response, error } = await api.POST('/api/admin/webhooks/{id}/replay', {
        params: { path },
        body: {},
      });
      if (!response.ok) throw problemOf(response, error);
    },
    onSuccess: () => {
      toast(words.resumed);
      void client.invalidateQueries({ queryKey: ['webhooks'] });
    },
    onError: (error) => toast(told(error).title, { kind: 'bad' }),
  });
  const columns: Column<Hook>[] = [
    { id: 'url', header: words.url, cell: (hook) => <span className="break-all">{hook.url}</span> },
    {
      id: 'status',
      header: words.status,
      cell: (hook) => (
        <Badge mood={HOOK_MOODS[hook.status] ?? 'neutral'}>
          {words.hookStates[hook.status] ?? hook.status}
        </Badge>
      ),
    },
    {
      id: 'kinds',
      header: words.value,
      wideOnly: true,
      cell: (hook) => <span className="text-sm text-ink-2">{hook.kinds.join(', ') || words.allKinds}</span>,
    },
    { id: 'behind', header: words.behind, align: 'right', cell: (hook) => words.leaves(hook.behind) },
    { id: 'last', header: words.lastResult, cell: (hook) => hook.last_result ?? admin.none },
    {
      id: 'do',
      header: <span className="sr-only">{words.resume}</span>,
      align: 'right',
      cell: (hook) =>
        hook.status === 'paused' || hook.status === 'failing' ? (
          <Button size="sm" busy={resume.isPending} onClick={() => resume.mutate(hook)}>
            {words.resume}
          </Button>
        ) : null,
    },
  ];
  return (
    <Section title={words.webhooks} flush>
      <Table
        label={words.webhooks}
        dense
        columns={columns}
        rows={hooks.data?.items}
        rowKey={(hook) => hook.webhook}
        error={hooks.isError ? { ...told(hooks.error), onRetry: () => void hooks.refetch() } : null}
        empty={
          <EmptyState icon={<Webhook aria-hidden />} title={words.noHooks}>
            {words.noHooksAbout}
          </EmptyState>
        }
      />
    </Section>
  );
}
