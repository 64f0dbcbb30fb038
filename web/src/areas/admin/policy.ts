/** What a policy says, and what another value would change. Pure. */

export type Value = Readonly<Record<string, string>>;

/** An object of texts; numbers are taken as what they are written as. `undefined`: it is none. */
export function readValue(text: string): Value | undefined {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
    const members = Object.entries(read as Record<string, unknown>);
    return members.every(([, value]) => typeof value === 'string')
      ? (Object.fromEntries(members) as Value)
      : undefined;
  } catch {
    return undefined;
  }
}

/** One spelling, whatever was typed: members in order, nothing between them. */
export const writeValue = (value: Value): string =>
  JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));

export interface Change {
  member: string;
  before: string | undefined;
  after: string | undefined;
}

/** Members that would be other than they are, by name. */
export function changes(before: Value | undefined, after: Value): Change[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])].sort();
  return names
    .map((member) => ({ member, before: before?.[member], after: after[member] }))
    .filter((change) => change.before !== change.after);
}
