import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { LogOut, MonitorOff } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useApi, useSessionSource, useSignedIn } from '../../app/session';
import { common } from '../../text';
import { security } from '../../text/en/security';
import { Badge, Button, Dialog, EmptyState, Section, Table, Timestamp, toast } from '../../ui';
import { shortAgent } from '../entry/agent';
import { Problems } from '../entry/problems';

const words = security.sessions;
const SESSIONS = ['sessions'];

export function Sessions() {
  const api = useApi();
  const source = useSessionSource();
  const client = useQueryClient();
  const { aal } = useSignedIn();
  const [asking, setAsking] = useState(false);
  const sessions = useQuery({ queryKey: SESSIONS, queryFn: () => ok(api.GET('/api/auth/sessions')) });
  const end = useMutation({
    mutationFn: ({ session_id: id }: Schemas['SessionView']) =>
      source.session.delete(`/api/auth/sessions/${id}`),
    onSuccess: () => {
      toast(words.ended);
      void client.invalidateQueries({ queryKey: SESSIONS });
    },
  });
  const endAll = useMutation({
    mutationFn: async () => {
      await source.session.delete('/api/auth/sessions');
      // The bank has ended this one too: what is left is to forget it.
      await source.signOut().catch(() => undefined);
    },
  });
  return (
    <Section
      flush
      title={words.title}
      about={words.about}
      actions={
        aal > 1 && (
          <Button size="sm" icon={<LogOut aria-hidden className="size-4" />} onClick={() => setAsking(true)}>
            {words.endAll}
          </Button>
        )
      }
    >
      {end.isError && (
        <div className="p-4">
          <Problems error={end.error} />
        </div>
      )}
      <Table
        label={words.label}
        rows={sessions.data?.items}
        rowKey={(session) => session.session_id}
        error={sessions.isError ? { ...told(sessions.error), onRetry: () => void sessions.refetch() } : null}
        empty={<EmptyState icon={<MonitorOff aria-hidden />} title={words.empty} />}
        columns={[
          {
            id: 'where',
            header: words.where,
            cell: (session) => (
              <span>
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-medium" title={session.user_agent}>
                    {shortAgent(session.user_agent)}
                  </span>
                  {session.current && <Badge mood="accent">{words.current}</Badge>}
                </span>
                <span className="figures block text-sm text-ink-3">{session.ip}</span>
              </span>
            ),
          },
          {
            id: 'how',
            header: words.how,
            cell: (session) => (
              <span>
                <span className="block">{words.assurances[session.assurance] ?? session.assurance}</span>
                <Badge mood={session.place === 'new' ? 'warn' : 'neutral'}>
                  {words.places[session.place] ?? session.place}
                </Badge>
              </span>
            ),
          },
          { id: 'since', header: words.since, cell: (session) => <Timestamp at={session.created_at} /> },
          {
            id: 'active',
            header: words.active,
            wideOnly: true,
            cell: (session) => <Timestamp at={session.refreshed_at} relative />,
          },
          {
            id: 'ends',
            header: words.ends,
            cell: (session) => <Timestamp at={session.expires_at} relative />,
          },
          {
            id: 'do',
            header: <span className="sr-only">{words.end}</span>,
            align: 'right',
            cell: (session) =>
              !session.current &&
              aal > 1 && (
                <Button
                  size="sm"
                  busy={end.isPending && end.variables.session_id === session.session_id}
                  aria-label={`${words.end}: ${shortAgent(session.user_agent)}, ${session.ip}`}
                  onClick={() => end.mutate(session)}
                >
                  {words.end}
                </Button>
              ),
          },
        ]}
      />
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={words.endAllTitle}
        description={words.endAllAbout}
        actions={
          <>
            <Button tone="danger" busy={endAll.isPending} onClick={() => endAll.mutate()}>
              {words.endAll}
            </Button>
            <Button onClick={() => setAsking(false)}>{common.cancel}</Button>
          </>
        }
      >
        {endAll.isError && <Problems error={endAll.error} />}
      </Dialog>
    </Section>
  );
}
