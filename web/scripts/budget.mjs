// What a browser fetches before it shows anything: the page, what it names, what those import at once, and the face of
// the text. At most so much, compressed.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 220 * 1024;
const dist = process.argv[2] ?? 'dist';
const FIRST_PAGE = ['assets/login.js'];
const FACE = 'assets/geist-latin-wght-normal.woff2';

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const named = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
const needed = new Set();
const follow = (path) => {
  if (needed.has(path)) return;
  needed.add(path);
  if (!path.endsWith('.js')) return;
  const script = readFileSync(join(dist, path), 'utf8');
  for (const [, other] of script.matchAll(/(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g))
    follow(join(dirname(path), other));
};
for (const path of [...named, ...FIRST_PAGE]) follow(path);

const size = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
let total = gzipSync(page).length + readFileSync(join(dist, FACE)).length;
for (const path of needed) {
  const bytes = size(path);
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${path}`);
}
console.log(`${String(total).padStart(8)}  first load, page and face included; at most ${LIMIT_BYTES}`);
if (total > LIMIT_BYTES) process.exit(1);
