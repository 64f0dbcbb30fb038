/** Files that a person takes with them: nothing of them goes anywhere else. */
import type { Session } from '../bank';
import { problemOf } from './problem';

const KEPT_MS = 10_000;

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

export const saveText = (text: string, name: string, type = 'application/json'): void =>
  saveBlob(new Blob([text], { type }), name);

/** Fetches a file whole before it is saved: what breaks off is no file. */
export async function saveFrom(session: Session, path: string, name: string): Promise<void> {
  const response = await session.fetch(path);
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  saveBlob(await response.blob(), name);
}
