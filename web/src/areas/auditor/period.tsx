import { auditor } from '../../text/en/auditor';
import { Field, Input } from '../../ui';

/** `2026-11-22T16:00` of a field, as the bank writes times; and back. */
const timeOf = (typed: string): string | undefined =>
  typed ? `${typed.slice(0, 16)}:00.000000Z` : undefined;
const typedOf = (time: string | undefined): string => time?.slice(0, 16) ?? '';

/** From when until when, as it stands in the address. */
export function Period({
  from,
  to,
  onChange,
  faults,
  marks,
}: {
  from: string | undefined;
  to: string | undefined;
  onChange: (changes: { from?: string | undefined } | { to?: string | undefined }) => void;
  faults?: { from?: string | undefined; to?: string | undefined };
  /** Which of them need not be filled in. */
  marks?: { from: boolean; to: boolean };
}) {
  return (
    <>
      <Field label={auditor.trail.from} error={faults?.from} optional={marks?.from ?? false}>
        <Input
          type="datetime-local"
          value={typedOf(from)}
          onChange={(event) => onChange({ from: timeOf(event.target.value) })}
        />
      </Field>
      <Field label={auditor.trail.to} error={faults?.to} optional={marks?.to ?? false}>
        <Input
          type="datetime-local"
          value={typedOf(to)}
          onChange={(event) => onChange({ to: timeOf(event.target.value) })}
        />
      </Field>
    </>
  );
}
