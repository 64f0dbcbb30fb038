// One hash over everything that a build is made from. `npm run build` writes it beside the build, and a test of the
// server computes it again: a change of the sources without a new build does not get past it.
//
// For each file, in the order of its path: `<path>\0<sha-256 of its bytes, hex>\n`; the hash of all that, hex.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['index.html', 'package-lock.json', 'package.json', 'tsconfig.json', 'vite.config.ts'];
const folders = ['public', 'src'];

const below = (folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length));

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const paths = [...files, ...folders.flatMap(below)].sort((a, b) => (a < b ? -1 : 1));
const lines = paths.map((path) => `${path}\0${sha256(readFileSync(`${root}${path}`))}\n`);
writeFileSync(`${root}dist/sources.sha256`, `${sha256(lines.join(''))}\n`);
