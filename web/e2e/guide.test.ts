/** The user guide says what is so: its pictures are those that the tests take, its links lead somewhere, its words are ours. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const GUIDE = new URL('../../docs/guide/', import.meta.url);
const E2E = new URL('./', import.meta.url);
const WORDS = new URL('../src/text/en/', import.meta.url);
/** All pictures together: whoever clones the bank has them too. */
const PICTURES_BYTES_MAX = 2_500_000;

const text = (file: string, folder: URL) => readFileSync(new URL(file, folder), 'utf8');
const filesOf = (folder: URL, ending: string) => readdirSync(folder).filter((name) => name.endsWith(ending));

const pages = filesOf(GUIDE, '.md').map((name) => ({ name, text: text(name, GUIDE) }));
const every = (pattern: RegExp) =>
  pages.flatMap(({ name, text }) =>
    [...text.matchAll(pattern)].map((found) => ({ name, found: found[1] ?? '' })),
  );

/** As GitHub makes the address of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

/** Every text of the console, also within the functions that make one. */
async function words(): Promise<string> {
  const found: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'function') found.push(value.toString());
    else if (value && typeof value === 'object') for (const one of Object.values(value)) collect(one);
  };
  for (const file of filesOf(WORDS, '.ts')) collect(await import(new URL(file, WORDS).href));
  return found.join('\n');
}

describe('the user guide', () => {
  const shown = every(/!\[[^\]]*\]\(pictures\/([^)]+)\)/g).map(({ found }) => found);

  it('shows each picture that the tests take, and no other', () => {
    const taken = filesOf(E2E, '.spec.ts').flatMap((file) =>
      [...text(file, E2E).matchAll(/\bpicture\('([^']+)'/g)].map((call) => `${call[1]}.webp`),
    );
    expect(taken.toSorted()).toEqual([...new Set(taken)].toSorted());
    expect([...new Set(shown)].toSorted()).toEqual(taken.toSorted());
    expect(filesOf(new URL('pictures/', GUIDE), '').toSorted()).toEqual(taken.toSorted());
  });

  it('says in words what each picture shows, and keeps them small', () => {
    expect(every(/!\[(\s*)\]\(/g)).toEqual([]);
    const bytes = [...new Set(shown)].map((name) => statSync(new URL(`pictures/${name}`, GUIDE)).size);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(PICTURES_BYTES_MAX);
  });

  it('links to what is there', () => {
    for (const { name, found } of every(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file, anchor] = found.split('#');
      const target = file ? text(file, GUIDE) : text(name, GUIDE);
      if (!anchor) continue;
      const headings = [...target.matchAll(/^#+ (.+)$/gm)].map((heading) => anchorOf(heading[1] ?? ''));
      expect(headings, `${name}: ${found}`).toContain(anchor);
    }
  });

  it('calls everything as the console does', async () => {
    const known = await words();
    // A single letter is a key; the rest is stressed for what it says.
    const stressed = new Set([
      'Ctrl K',
      'Enter',
      'and another puts it into force here',
      'a number of six digits',
    ]);
    const missing = every(/\*\*([^*]+)\*\*/g)
      .map(({ name, found }) => ({ name, found: found.replaceAll(/\s+/g, ' ').replace(/[.,]$/, '') }))
      .filter(({ found }) => found.length > 1 && !stressed.has(found) && !known.includes(found));
    expect(missing).toEqual([]);
  });
});
