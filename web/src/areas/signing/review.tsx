import { Pencil } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type Draft, type Intent, intentDigest } from '../../bank';
import { shell } from '../../text';
import { signing as words } from '../../text/en/signing';
import { Button, Facts, Hash, Timestamp } from '../../ui';
import { kindName } from './kinds';
import { type Row, rowsOf } from './rows';

/** What helps to judge a document, beside what it says. */
export type Also = (intent: Intent) => readonly (readonly [label: string, value: ReactNode] | null)[];

/** The review: what the canonical bytes say, one row a member, each with its way back where there is one. */
export function Review({
  draft,
  onChange,
  also,
  headed,
}: {
  draft: Draft;
  onChange?: (row: string) => void;
  also?: Also | undefined;
  /** Says what it is, where no heading does. */
  headed?: boolean;
}) {
  const beside = also?.(draft.intent).filter((row) => row !== null) ?? [];
  return (
    <div>
      {headed && <p className="font-medium">{kindName(draft.intent.kind)}</p>}
      <Rows rows={rowsOf(draft.intent, draft.details, 'xl')} {...(onChange ? { onChange } : {})} />
      {beside.length > 0 && (
        <div className="border-t border-line pt-2.5">
          <p className="text-sm text-ink-3">{words.also}</p>
          <Rows rows={beside.map(([label, value]) => ({ id: label, label, value }))} />
        </div>
      )}
      <Technical draft={draft} />
    </div>
  );
}

function Rows({ rows, onChange }: { rows: readonly Row[]; onChange?: (row: string) => void }) {
  return (
    <dl className="divide-y divide-line">
      {rows.map(({ id, label, value }) => (
        <div key={id} className="grid gap-x-4 gap-y-0.5 py-2.5 sm:grid-cols-[9rem_1fr]">
          <dt className="text-sm text-ink-3 sm:pt-0.5">{label}</dt>
          <dd className="flex min-w-0 items-start justify-between gap-3 break-words">
            <span className="min-w-0">{value}</span>
            {onChange && (
              <Button
                size="sm"
                tone="quiet"
                icon={<Pencil aria-hidden className="size-3.5" />}
                className="-my-1 shrink-0"
                aria-label={words.changeOf(label)}
                onClick={() => onChange(id)}
              >
                {words.change}
              </Button>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What a document says, without a signature about it. */
export const DocumentFacts = ({ intent }: { intent: Pick<Intent, 'kind' | 'body'> }) => (
  <Facts items={rowsOf(intent).map(({ label, value }) => [label, value] as const)} />
);

/** The very bytes, for those who want to compare them. */
function Technical({ draft }: { draft: Draft }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="border-t border-line pt-2.5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="text-sm text-ink-2 hover:text-ink">{words.technical.title}</summary>
      {open && <Bytes draft={draft} />}
    </details>
  );
}

function Bytes({ draft: { bytes, intent } }: { draft: Draft }) {
  const { technical } = words;
  return (
    <Facts
      className="mt-2 text-sm"
      items={[
        [technical.digest, <Hash key="digest" value={intentDigest(bytes)} whole />],
        [technical.id, <Hash key="id" value={intent.id} whole />],
        [technical.kind, <code key="kind">{intent.kind}</code>],
        [technical.authority, shell.roles[intent.authority]],
        [technical.bank, intent.bank],
        [technical.at, <Timestamp key="at" at={intent.at} precision="second" />],
        [technical.place, intent.seq.toString()],
        [technical.certificate, <Hash key="certificate" value={intent.certificate} />],
        [technical.device, <Hash key="device" value={intent.device} />],
        [
          technical.bytes,
          <pre
            key="bytes"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            tabIndex={0}
            className="max-h-48 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs break-all whitespace-pre-wrap"
          >
            {new TextDecoder().decode(bytes)}
          </pre>,
        ],
      ]}
    />
  );
}
