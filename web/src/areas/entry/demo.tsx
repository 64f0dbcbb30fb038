import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Briefcase, ScrollText, Settings2, TriangleAlert, UserRound } from 'lucide-react';
import { problemOf, told } from '../../app/problem';
import { library, type Role, useSessionSource } from '../../app/session';
import { shell } from '../../text';
import { entry } from '../../text/en/entry';
import { Alert, ErrorState, SkeletonLines } from '../../ui';
import { EntryFrame } from './frame';

const words = entry.demo;
const ICONS = { customer: UserRound, manager: Briefcase, auditor_clerk: ScrollText, system_admin: Settings2 };

interface Person {
  user_id: string;
  name: string;
  role: Role;
  about: string;
}

/** Asks the demo, which runs beside its bank; `strongroom serve` knows no such address. The ticket was on its terminal. */
async function demo(ticket: string, path: string, body?: unknown): Promise<Response> {
  const headers = { 'strongroom-demo-ticket': ticket, 'content-type': 'application/json' };
  const answer = await fetch(
    `/api/demo/${path}`,
    body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers },
  );
  if (!answer.ok) throw problemOf(answer, await answer.json().catch(() => null));
  return answer;
}

/** One click into the demo bank: this browser makes keys of its own and is paired as a second device of that person. */
export function Demo() {
  const source = useSessionSource();
  const navigate = useNavigate();
  const ticket = window.location.hash.slice(1);
  const people = useQuery({
    queryKey: ['demo', ticket],
    queryFn: async () => (await (await demo(ticket, 'people')).json()) as Person[],
    retry: false,
  });
  const enter = useMutation({
    mutationFn: async ({ user_id: id, name, role }: Person) => {
      const [bank, { beginPairing, hasNativeSigning }] = await Promise.all([source.bank(), library()]);
      const known = await bank.profile();
      if (known?.user.id !== id || !known.certificates) {
        // One click: so no passkey is asked for, which a real second device would be locked with.
        const tier = (await hasNativeSigning()) ? 'device' : 'worker';
        const asked = await beginPairing(bank, { id, name, role }, words.deviceName, tier);
        await demo(ticket, 'approve', { user_id: id, pairing_id: asked.pairing.id });
        await asked.enrol();
      }
      await source.signIn();
      await navigate({ to: '/', replace: true });
    },
  });
  const entering = enter.isPending ? enter.variables.user_id : null;
  const problem = enter.isError ? told(enter.error) : null;
  return (
    <EntryFrame title={words.title} about={words.about}>
      <div className="grid gap-4">
        <p className="flex items-start gap-2 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {words.notice}
        </p>
        {people.isPending && <SkeletonLines />}
        {people.isError && <ErrorState title={words.gone} detail={words.goneAbout} />}
        {problem && (
          <Alert kind="bad" title={problem.title} requestId={problem.requestId}>
            {problem.detail}
          </Alert>
        )}
        <ul className="grid gap-2">
          {people.data?.map((person) => {
            const Icon = ICONS[person.role];
            return (
              <li key={person.user_id}>
                <button
                  type="button"
                  disabled={enter.isPending}
                  aria-busy={entering === person.user_id || undefined}
                  onClick={() => enter.mutate(person)}
                  className="flex w-full items-center gap-3.5 rounded-lg border border-line-button bg-surface px-4 py-3 text-left hover:border-accent hover:bg-hover disabled:opacity-60"
                >
                  <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
                    <Icon aria-hidden className="size-4.5" />
                  </span>
                  <span className="min-w-0 flex-1">
                    <span className="block font-medium">{words.enterAs(shell.roles[person.role])}</span>
                    <span className="block text-sm text-ink-2">
                      {entering === person.user_id ? words.entering : `${person.name}: ${person.about}`}
                    </span>
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </EntryFrame>
  );
}
