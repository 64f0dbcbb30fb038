/** The transparency log: Merkle proofs (RFC 6962), signed notes and checkpoints (C2SP). */
import { type Bytes, base64, concat, equal, fromBase64, own, u64, utf8 } from './bytes';
import { type PublicKey, publicKey, verifyComposite } from './composite';
import { IntentError } from './errors';
import { isDecimal, malformed, U64_MAX } from './forms';
import { sha256 } from './hash';
import { contextOf } from './intent';
import { verifyEd25519, verifyMlDsa } from './primitives';
import { suiteOfKeyLength } from './suites';

export const leafHash = (leaf: Uint8Array): Bytes => sha256(new Uint8Array([0]), leaf);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Bytes =>
  sha256(new Uint8Array([1]), left, right);

const notProved = (why: string): IntentError => new IntentError('not-included', why);

/** Climbs from a leaf to the root; a step is on the side on which the sibling stands. */
class Climb {
  #node: bigint;
  #last: bigint;

  constructor(node: bigint, last: bigint) {
    this.#node = node;
    this.#last = last;
  }

  side(): 'left' | 'right' {
    if (this.#last === 0n) throw notProved('the proof has another length');
    if (this.#node & 1n) return 'left';
    if (this.#node !== this.#last) return 'right';
    while (!(this.#node & 1n) && this.#node !== 0n) this.rise();
    return 'left';
  }

  rise(): void {
    this.#node >>= 1n;
    this.#last >>= 1n;
  }

  risePastRightChildren(): void {
    while (this.#node & 1n) this.rise();
  }

  requireTop(): void {
    if (this.#last !== 0n) throw notProved('the proof has another length');
  }
}

/** Refuses a path that does not lead from a leaf at its place to the root of a tree of this size. */
export const verifyInclusion = (
  index: bigint,
  size: bigint,
  path: readonly Uint8Array[],
  leaf: Uint8Array,
  root: Uint8Array,
): void => {
  if (index < 0n || index >= size) throw notProved('the leaf lies outside the tree');
  const climb = new Climb(index, size - 1n);
  let reached = own(leaf);
  for (const sibling of path) {
    reached = climb.side() === 'left' ? nodeHash(sibling, reached) : nodeHash(reached, sibling);
    climb.rise();
  }
  climb.requireTop();
  if (!equal(reached, root)) throw notProved('the proof leads to another root');
};

/** Refuses a path that does not show the old tree to be a prefix of the new one. */
export const verifyConsistency = (
  oldSize: bigint,
  newSize: bigint,
  path: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): void => {
  if (oldSize <= 0n || oldSize > newSize) throw notProved('the sizes are out of order');
  if (oldSize === newSize) {
    if (path.length > 0) throw notProved('the proof has another length');
    if (!equal(oldRoot, newRoot)) throw notProved('two trees of one size have other roots');
    return;
  }
  const climb = new Climb(oldSize - 1n, newSize - 1n);
  climb.risePastRightChildren();
  const isWhole = (oldSize & (oldSize - 1n)) === 0n;
  const seed = isWhole ? oldRoot : path[0];
  if (!seed) throw notProved('the proof has another length');
  let reachedOld = own(seed);
  let reachedNew = own(seed);
  for (const sibling of isWhole ? path : path.slice(1)) {
    if (climb.side() === 'left') {
      reachedOld = nodeHash(sibling, reachedOld);
      reachedNew = nodeHash(sibling, reachedNew);
    } else {
      reachedNew = nodeHash(reachedNew, sibling);
    }
    climb.rise();
  }
  climb.requireTop();
  if (!equal(reachedOld, oldRoot)) throw notProved('the proof leads to another old root');
  if (!equal(reachedNew, newRoot)) throw notProved('the proof leads to another root');
};

const ED25519 = 0x01;
const ML_DSA_44 = 0x06;
const COMPOSITE = 0xff;
const COMPOSITE_ID = utf8('strongroom-composite');

/** A key of a log or witness: `<name>+<key id>+<base64>`. */
export interface VerifierKey {
  readonly name: string;
  readonly kind: number;
  readonly id: Bytes;
  readonly key: Bytes;
  readonly composite: PublicKey | undefined;
  readonly text: string;
}

const isName = (name: string): boolean =>
  name !== '' && utf8(name).length <= 255 && !/[\s\p{Cc}+]/u.test(name);

const readKey = (text: string): VerifierKey => {
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/.exec(text) ?? [];
  const material = fromBase64(encoded);
  if (!material || !isName(name)) throw malformed('checkpoint_keys', 'has a malformed verifier key');
  const digest = sha256(utf8(`${name}\n`), material);
  const expected = new DataView(digest.buffer).getUint32(0).toString(16).padStart(8, '0');
  if (expected !== id) throw malformed('checkpoint_keys', 'has a key id that is not that of name and key');
  const kind = material[0] ?? 0;
  const rest = own(material.subarray(1));
  const made = { name, kind, id: own(digest.subarray(0, 4)), text };
  if (kind === ED25519 && rest.length === 32) return { ...made, key: rest, composite: undefined };
  if (kind === ML_DSA_44 && rest.length === 1312) return { ...made, key: rest, composite: undefined };
  if (kind === COMPOSITE && equal(rest.subarray(0, COMPOSITE_ID.length), COMPOSITE_ID)) {
    const key = own(rest.subarray(COMPOSITE_ID.length));
    const suite = suiteOfKeyLength(key.length);
    const composite = suite && publicKey(suite, key);
    if (composite) return { ...made, key, composite };
  }
  throw malformed('checkpoint_keys', 'has a key of an unknown type');
};

/** The keys that sign a bank's checkpoints: the policy of its trust file. */
export interface LogPolicy {
  readonly origin: string;
  readonly bank: string;
  readonly keys: readonly VerifierKey[];
  /** As it was read. */
  readonly text: string;
}

/** Reads the policy of a trust file. Witnesses are not part of it. */
export const parseLogPolicy = (text: string): LogPolicy => {
  const refuse = (why: string): IntentError => malformed('checkpoint_keys', why);
  const [first, ...rest] = text.split('\n');
  if (first !== 'strongroom/log-policy/v1') throw refuse('starts with another line');
  const lines = rest.filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const keys = of('log').map(readKey);
  const [bank] = of('bank');
  const name = keys[0]?.name;
  const kinds = keys.map((key) => key.kind);
  const inOrder = kinds.every((kind, at) => at === 0 || (kinds[at - 1] ?? 0) < kind);
  if (of('witness').length > 0) throw refuse('has witnesses');
  if (lines.length !== keys.length + 2 || lines.at(-1) !== 'quorum 0') throw refuse('has other lines');
  if (bank === undefined || of('bank').length !== 1) throw refuse('names no bank');
  if (!name || kinds.at(-1) !== COMPOSITE || !inOrder || keys.some((key) => key.name !== name)) {
    throw refuse('has other keys than one log has');
  }
  return { origin: name, bank, keys, text };
};

/** A tree head. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

interface NoteLine {
  readonly name: string;
  readonly id: Bytes;
  readonly signature: Bytes;
}

const invalid = (why: string): IntentError => new IntentError('checkpoint-invalid', why);

const readLine = (line: string): NoteLine => {
  const [, name = '', encoded = ''] = /^\u2014 (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!bytes || bytes.length <= 4 || !isName(name)) throw invalid('a signature line is malformed');
  return { name, id: own(bytes.subarray(0, 4)), signature: own(bytes.subarray(4)) };
};

const readCheckpoint = (body: string): Checkpoint => {
  const [origin = '', size = '', root = '', end, ...more] = body.split('\n');
  const hash = fromBase64(root);
  if (
    end !== '' ||
    more.length > 0 ||
    !isName(origin) ||
    hash?.length !== 32 ||
    !isDecimal(size, 0n, U64_MAX)
  ) {
    throw invalid('the checkpoint is malformed');
  }
  return { origin, size: BigInt(size), root: hash };
};

const short = (name: string): Bytes => concat(new Uint8Array([utf8(name).length]), utf8(name));

const verifyLine = async (
  policy: LogPolicy,
  key: VerifierKey,
  body: Bytes,
  checkpoint: Checkpoint,
  line: NoteLine,
): Promise<boolean> => {
  if (key.composite) {
    return verifyComposite(key.composite, contextOf(policy.bank, 'checkpoint'), body, line.signature);
  }
  if (key.kind === ED25519) return verifyEd25519(key.key, body, line.signature);
  const time = own(line.signature.subarray(0, 8));
  const message = concat(
    utf8('subtree/v1\n\0'),
    short(key.name),
    time,
    short(checkpoint.origin),
    u64(0),
    u64(checkpoint.size),
    checkpoint.root,
  );
  const isTime = time.length === 8 && (time[0] ?? 0x80) < 0x80;
  return (
    isTime && verifyMlDsa('ML-DSA-44', key.key, message, own(line.signature.subarray(8)), new Uint8Array(0))
  );
};

/**
 * The checkpoint of a signed note, where every signature of a key of the policy holds and the composite one is there.
 * Signatures of other keys are passed over.
 */
export const verifyCheckpoint = async (note: string, policy: LogPolicy): Promise<Checkpoint> => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
  if (note.length > 512 * 1024 || /[\u0000-\u0009\u000b-\u001f]/.test(note))
    throw invalid('it is no signed note');
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0 || !note.endsWith('\n')) throw invalid('it is no signed note');
  const body = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2, -1).split('\n');
  if (lines.length > 64) throw invalid('it has too many signatures');
  const read = lines.map(readLine);
  const checkpoint = readCheckpoint(body);
  if (checkpoint.origin !== policy.origin) throw invalid('it is of another log');
  let isCompositeVerified = false;
  for (const line of read) {
    const key = policy.keys.find((one) => one.name === line.name && equal(one.id, line.id));
    if (!key) continue;
    if (!(await verifyLine(policy, key, utf8(body), checkpoint, line)))
      throw invalid('a signature does not verify');
    isCompositeVerified ||= key.kind === COMPOSITE;
  }
  if (!isCompositeVerified) throw invalid('the composite signature is missing');
  return checkpoint;
};

/** The root as the bank's pages write it. */
export const rootText = (checkpoint: Checkpoint): string => base64(checkpoint.root);
