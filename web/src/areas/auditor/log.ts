/** The public log as this browser reads it: heads are verified, leaves are hashed here, nothing is believed. */
import type { Api } from '../../api/client';
import { ok } from '../../api/client';
import {
  type Bank,
  type Checkpoint,
  fromBase64url,
  hex,
  leafHash,
  nodeHash,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '../../bank';

type Bytes = ReturnType<typeof leafHash>;

/** A head with its note, and when this browser saw it. */
export interface Head {
  size: string;
  root: string;
  note: string;
  seenAt: string;
}

const HEADS = 'audit/heads';
const HEADS_MAX = 40;
/** The log gives so many at once. */
const BATCH = 1000;

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (!bytes) throw new Error('the log answers something that is no base64url');
  return bytes;
};

/** The newest head, its signatures verified under the keys that this browser has pinned. */
export async function newestHead(api: Api, bank: Bank): Promise<{ head: Head; checkpoint: Checkpoint }> {
  const note = await ok(api.GET('/api/log/checkpoint', { parseAs: 'text' }));
  const checkpoint = await verifyCheckpoint(note, bank.trust.policy);
  const { size, root } = checkpoint;
  return {
    head: { size: size.toString(), root: hex(root), note, seenAt: new Date().toISOString() },
    checkpoint,
  };
}

/** Heads that were seen before, oldest first. */
export const seenHeads = async (bank: Bank): Promise<Head[]> =>
  ((await bank.store.get(HEADS)) as Head[] | undefined) ?? [];

/** Keeps a head, unless one of its size is kept: then the older sighting counts. */
export async function remember(bank: Bank, head: Head): Promise<void> {
  const known = await seenHeads(bank);
  if (known.some((one) => one.size === head.size && one.root === head.root)) return;
  // The first one is the oldest witness there is: it stays.
  const [first, ...rest] = [...known, head];
  await bank.store.put(HEADS, first ? [first, ...rest.slice(-(HEADS_MAX - 1))] : []);
}

/** Refuses a head that is not the beginning of the newest one. Its own signature is verified again. */
export async function proveGrown(api: Api, bank: Bank, head: Head, newest: Checkpoint): Promise<number> {
  const old = await verifyCheckpoint(head.note, bank.trust.policy);
  const proof = await ok(
    api.GET('/api/log/consistency', {
      params: { query: { old: Number(old.size), new: Number(newest.size) } },
    }),
  );
  const path = proof.path.map(bytesOf);
  verifyConsistency(old.size, newest.size, path, old.root, newest.root);
  return path.length;
}

/** One leaf's bytes. */
export async function readLeaves(api: Api, first: bigint, count: number): Promise<Bytes[]> {
  const query = { first: Number(first), count };
  const { leaves } = await ok(api.GET('/api/log/entries', { params: { query } }));
  return leaves.map(bytesOf);
}

/** Refuses a leaf that is not in the tree under the head. Answers how long the proof is. */
export async function proveIncluded(
  api: Api,
  index: bigint,
  leaf: Bytes,
  checkpoint: Checkpoint,
): Promise<number> {
  const query = { index: Number(index), size: Number(checkpoint.size) };
  const proof = await ok(api.GET('/api/log/inclusion', { params: { query } }));
  const path = proof.path.map(bytesOf);
  verifyInclusion(index, checkpoint.size, path, leafHash(leaf), checkpoint.root);
  return path.length;
}

/** The tree over leaves that come one by one: what is kept are the roots of its whole subtrees (RFC 6962, 2.1). */
export class GrowingTree {
  readonly #peaks: { level: number; hash: Bytes }[] = [];
  size = 0n;

  add(leaf: Uint8Array): void {
    let top = { level: 0, hash: leafHash(leaf) };
    for (let left = this.#peaks.at(-1); left?.level === top.level; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      top = { level: top.level + 1, hash: nodeHash(left.hash, top.hash) };
    }
    this.#peaks.push(top);
    this.size += 1n;
  }

  /** The root of what was added so far; of nothing there is none. */
  root(): Bytes | undefined {
    let root: Bytes | undefined;
    for (const { hash } of this.#peaks.toReversed()) root = root ? nodeHash(hash, root) : hash;
    return root;
  }
}

/** What a run has found. */
export type Finding =
  | { ok: true; leaves: bigint; heads: number }
  | { ok: false; why: 'head' | 'root' | 'leaf' | 'short'; at: bigint };

interface RunOptions {
  heads: readonly Head[];
  onProgress: (done: bigint, total: bigint) => void;
  signal: AbortSignal;
}

/** Reads every leaf, and compares the roots on the way with the heads that were seen, the last with the signed one. */
export async function walk(
  api: Api,
  checkpoint: Checkpoint,
  { heads, onProgress, signal }: RunOptions,
): Promise<Finding> {
  const tree = new GrowingTree();
  const expected = new Map(heads.map((head) => [head.size, head.root]));
  let met = 0;
  while (tree.size < checkpoint.size) {
    signal.throwIfAborted();
    const left = checkpoint.size - tree.size;
    const leaves = await readLeaves(api, tree.size, left < BATCH ? Number(left) : BATCH);
    if (leaves.length === 0) return { ok: false, why: 'short', at: tree.size };
    for (const leaf of leaves) {
      tree.add(leaf);
      const root = expected.get(tree.size.toString());
      if (root === undefined || tree.size === checkpoint.size) continue;
      if (hex(tree.root() ?? new Uint8Array()) !== root) return { ok: false, why: 'head', at: tree.size };
      met += 1;
    }
    onProgress(tree.size, checkpoint.size);
  }
  const root = tree.root();
  if (!root || hex(root) !== hex(checkpoint.root)) return { ok: false, why: 'root', at: tree.size };
  return { ok: true, leaves: tree.size, heads: met };
}

const SAMPLE = 200;

/** Different leaves by chance. */
function chosen(size: bigint): bigint[] {
  if (size <= SAMPLE) return Array.from({ length: Number(size) }, (_, at) => BigInt(at));
  const found = new Set<bigint>();
  while (found.size < SAMPLE) {
    const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    found.add(random % size);
  }
  return [...found];
}

/** Reads leaves by chance, and proves each. */
export async function sample(
  api: Api,
  checkpoint: Checkpoint,
  { onProgress, signal }: RunOptions,
): Promise<Finding> {
  const indices = chosen(checkpoint.size);
  let done = 0n;
  for (const index of indices) {
    signal.throwIfAborted();
    const [leaf] = await readLeaves(api, index, 1);
    if (!leaf) return { ok: false, why: 'short', at: index };
    try {
      await proveIncluded(api, index, leaf, checkpoint);
    } catch (error) {
      if (error instanceof Error && error.name === 'IntentError')
        return { ok: false, why: 'leaf', at: index };
      throw error;
    }
    done += 1n;
    onProgress(done, BigInt(indices.length));
  }
  return { ok: true, leaves: done, heads: 0 };
}
