import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { EventFact } from '../../bank';
import { shell } from '../../text';
import { auditor } from '../../text/en/auditor';
import { Alert, Badge, Facts, Hash, type Mood, Timestamp } from '../../ui';
import { kindName } from '../signing/kinds';
import { DocumentFacts } from '../signing/review';
import { Person } from '../staff/people';
import { type Edge, isShown, type ProvedLeaf, reasonOf } from './report';
import { OutcomeBadge } from './trail';

const words = auditor.leaf;
const EDGES: Record<Edge, Mood> = { proven: 'good', claimed: 'warn', erased: 'neutral', first: 'neutral' };

/** How far a statement is proved, in a word. */
export const EdgeBadge = ({ edge }: { edge: Edge }) => (
  <Badge mood={EDGES[edge]}>{words.edges[edge] ?? edge}</Badge>
);

export const LeafLink = ({ leaf }: { leaf: string }) => (
  <Link
    to="/audit/$leaf"
    params={{ leaf }}
    className="figures text-accent underline underline-offset-2 print:text-ink"
  >
    {leaf}
  </Link>
);

const Part = ({ title, children }: { title: ReactNode; children: ReactNode }) => (
  <section className="border-t border-line pt-4 first:border-t-0 first:pt-0">
    <h3 className="font-medium">{title}</h3>
    {children}
  </section>
);

const Erased = () => <p className="py-2 text-sm text-ink-3">{words.erased}</p>;

const HIDDEN = new Set(['v', 'event', 'id', 'at']);

const EventFacts = ({ event }: { event: EventFact }) => (
  <Facts
    items={[
      [words.facts.at, <Timestamp key="at" at={event.at} precision="second" />],
      ...Object.entries(event.members)
        .filter(([name]) => !HIDDEN.has(name))
        .map(([name, value]) => [name.replaceAll('_', ' '), value] as const),
    ]}
  />
);

/** Every group of one leaf, opened: document, signer, origin, effects with the reasons of the risk engine. */
export function OpenedLeaf({ of }: { of: ProvedLeaf }) {
  const { leaf, receipt, proof } = of;
  const { intent, event, actor, origin, effects } = proof;
  return (
    <div className="grid gap-4">
      {event ? (
        <Part title={`${words.event}: ${kindName(event.event)}`}>
          <EventFacts event={event} />
        </Part>
      ) : (
        <Part title={intent ? `${words.document}: ${kindName(intent.kind)}` : words.document}>
          {intent ? <DocumentFacts intent={intent} /> : <Erased />}
        </Part>
      )}
      {!event && (
        <Part title={words.actor}>
          {actor ? (
            <Facts
              items={[
                [words.facts.person, <Person key="person" id={actor.user} />],
                [words.facts.role, shell.roles[actor.role]],
                [words.facts.certificate, <Hash key="certificate" value={actor.certificate} />],
                [words.facts.device, <Hash key="device" value={actor.device} />],
                [words.generation, actor.generation],
                [words.sequence, actor.seq],
                leaf.chain && [
                  words.before,
                  <span key="before" className="inline-flex flex-wrap items-center gap-2">
                    {leaf.chain.before && <LeafLink leaf={leaf.chain.before} />}
                    <EdgeBadge edge={leaf.chain.edge} />
                  </span>,
                ],
                leaf.chain?.after !== undefined && [
                  words.after,
                  <LeafLink key="after" leaf={leaf.chain.after} />,
                ],
                leaf.permissions && [
                  words.permissions,
                  <span key="permissions" className="grid gap-1">
                    <span className="flex flex-wrap gap-1">
                      {leaf.permissions.held.map((one) => (
                        <code key={one} className="rounded-sm bg-sunken px-1 font-mono text-xs">
                          {one}
                        </code>
                      ))}
                    </span>
                    {leaf.permissions.grants.length > 0 && (
                      <span className="flex flex-wrap gap-2 text-sm">
                        {words.grants}{' '}
                        {leaf.permissions.grants.map((one) => (
                          <LeafLink key={one} leaf={one} />
                        ))}
                      </span>
                    )}
                    <span>
                      <EdgeBadge edge={leaf.permissions.edge} />
                    </span>
                  </span>,
                ],
              ]}
            />
          ) : (
            <Erased />
          )}
        </Part>
      )}
      {!event && (
        <Part title={words.origin}>
          {origin ? (
            <Facts
              items={[
                [words.address, origin.ip],
                [words.agent, origin.user_agent],
                [words.facts.at, <Timestamp key="at" at={origin.at} precision="second" />],
              ]}
            />
          ) : isShown(receipt, 'origin') ? null : (
            <Erased />
          )}
        </Part>
      )}
      <Part title={words.effects}>
        {effects ? (
          <>
            <Facts
              items={[
                [
                  words.facts.outcome,
                  <OutcomeBadge key="outcome" outcome={effects.outcome} code={effects.code} />,
                ],
                [words.rows, <Hash key="rows" value={effects.rows} />],
              ]}
            />
            {effects.risk && (
              <div className="mt-2">
                <Alert
                  kind={effects.risk.action === 'proceed' ? 'info' : 'warn'}
                  title={`${words.risk}: ${Number(effects.risk.score_permille) / 1000} (${effects.risk.level}, ${effects.risk.action})`}
                >
                  {effects.risk.reasons.length === 0 ? (
                    words.noReasons
                  ) : (
                    <ul className="list-disc pl-4">
                      {effects.risk.reasons.map((reason) => {
                        const { rule, sentence } = reasonOf(reason);
                        return (
                          <li key={reason}>
                            {sentence} {rule && <code className="font-mono text-xs">{rule}</code>}
                          </li>
                        );
                      })}
                    </ul>
                  )}
                </Alert>
              </div>
            )}
            {Object.keys(effects.result).length > 0 && (
              <details className="mt-2 text-sm">
                <summary className="text-ink-2 hover:text-ink">{words.technical}</summary>
                <dl className="mt-2 grid gap-1 font-mono text-xs">
                  {Object.entries(effects.result).map(([name, value]) => (
                    <div key={name} className="break-all">
                      <dt className="text-ink-3">{name}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
                </dl>
              </details>
            )}
          </>
        ) : (
          <Erased />
        )}
      </Part>
    </div>
  );
}
