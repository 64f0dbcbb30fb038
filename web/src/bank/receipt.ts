/**
 * The receipt: outcome, place in the log and proof, judged here and offline, step by step. A receipt is believed only
 * where every step that can be taken is passed.
 */
import { type Bytes, base64url, concat, equal, fromUtf8, hex, own, u32, u64, utf8 } from './bytes';
import { admitValue, canonicalText, parseCanonical, type Value } from './canonical';
import { type PublicKey, verifyComposite } from './composite';
import { AnswerError, IntentError } from './errors';
import {
  bytesOf,
  decimal,
  digest,
  type Form,
  intentId,
  isUtc,
  malformed,
  type ObjectOf,
  object,
  objectOf,
  optional,
  strings,
  text,
  texts,
  U64_MAX,
  utc,
  uuid,
  word,
} from './forms';
import { sha256 } from './hash';
import { contextOf, decodeIntent, type Intent, type SignedIntent } from './intent';
import { EVENTS, KIND_NAMES, KINDS, ROLES } from './kinds';
import { type Checkpoint, leafHash, verifyCheckpoint, verifyInclusion } from './log';
import { type Suite, suiteNamed, suiteOfCode } from './suites';
import type { Trust } from './trust';
import type { Certificate } from './x509';

export const GROUPS = ['intent', 'actor', 'origin', 'effects', 'evidence'] as const;
/** The parts of a record, each committed to on its own, so that one can be erased without the others. */
export type Group = (typeof GROUPS)[number];

interface Opening {
  readonly salt: Bytes;
  /** Absent where the holder has them already. */
  readonly bytes: Bytes | undefined;
}

/** A receipt, read but not yet believed. */
export interface Receipt {
  readonly outcome: 'accepted' | 'refused';
  readonly code: string;
  /** Per item of a batch. */
  readonly items: readonly string[];
  readonly intentId: string;
  readonly index: bigint;
  readonly leaf: Bytes;
  readonly groups: Readonly<Partial<Record<Group, Opening>>>;
  readonly inclusion: { readonly size: bigint; readonly path: readonly Bytes[] };
  /** A signed note. */
  readonly checkpoint: string;
  /** Signer's, issuing, root certificate, DER; or none. */
  readonly certificates: readonly Bytes[];
}

const base64Text = text('base64url without padding', (value) => /^[A-Za-z0-9_-]*$/.test(value));
const count = decimal('a decimal number', 0n, U64_MAX);
const OPENING = object({ salt: base64Text, bytes: optional(base64Text) });
const RECEIPT = object({
  certificates: strings,
  checkpoint: text('a signed note', () => true),
  code: text('a code', () => true),
  groups: object({
    intent: optional(OPENING),
    actor: optional(OPENING),
    origin: optional(OPENING),
    effects: optional(OPENING),
    evidence: optional(OPENING),
  }),
  inclusion: object({ path: strings, size: count }),
  intent_id: intentId,
  items: strings,
  leaf: base64Text,
  leaf_index: count,
  outcome: word('accepted', 'refused'),
  v: text('version 1', (value) => value === '1'),
});

/** Reads a receipt: the member of an answer, or a bundle file's text. */
export const parseReceipt = (from: unknown): Receipt => {
  const value: unknown = typeof from === 'string' ? JSON.parse(from) : from;
  const read = RECEIPT.read(admitValue(value, false), '');
  const groups: Partial<Record<Group, Opening>> = {};
  for (const group of GROUPS) {
    const shown = read.groups[group];
    if (!shown) continue;
    const at = `groups.${group}`;
    const bytes = shown.bytes === undefined ? undefined : bytesOf(shown.bytes, `${at}.bytes`);
    groups[group] = { salt: bytesOf(shown.salt, `${at}.salt`, 32), bytes };
  }
  return {
    outcome: read.outcome,
    code: read.code,
    items: read.items,
    intentId: read.intent_id,
    index: BigInt(read.leaf_index),
    leaf: bytesOf(read.leaf, 'leaf', LEAF_LENGTH),
    groups,
    inclusion: {
      size: BigInt(read.inclusion.size),
      path: read.inclusion.path.map((item, at) => bytesOf(item, `inclusion.path[${at}]`, 32)),
    },
    checkpoint: read.checkpoint,
    certificates: read.certificates.map((item, at) => bytesOf(item, `certificates[${at}]`)),
  };
};

/** The bundle: one file that `strongroom receipt verify FILE --trust bank.json` accepts, for ever and without the bank. */
export const receiptBundle = (receipt: Receipt): string => {
  const groups: Record<string, Value> = {};
  for (const group of GROUPS) {
    const shown = receipt.groups[group];
    if (!shown) continue;
    groups[group] = {
      salt: base64url(shown.salt),
      ...(shown.bytes ? { bytes: base64url(shown.bytes) } : {}),
    };
  }
  return canonicalText({
    certificates: receipt.certificates.map(base64url),
    checkpoint: receipt.checkpoint,
    code: receipt.code,
    groups,
    inclusion: { path: receipt.inclusion.path.map(base64url), size: receipt.inclusion.size.toString() },
    intent_id: receipt.intentId,
    items: receipt.items,
    leaf: base64url(receipt.leaf),
    leaf_index: receipt.index.toString(),
    outcome: receipt.outcome,
    v: '1',
  });
};

const EVIDENCE_MAGIC = utf8('srevid01');

const evidenceBytes = (suite: Suite, signature: Bytes, proof: Bytes): Bytes =>
  concat(
    EVIDENCE_MAGIC,
    new Uint8Array([suite.code]),
    u32(signature.length),
    signature,
    u32(proof.length),
    proof,
  );

/** Fills in what the bank left out because the signer has it, and the certificates where there are none. */
export const completeReceipt = (
  receipt: Receipt,
  signed: SignedIntent,
  deviceProof: Bytes = new Uint8Array(0),
  certificates: readonly Bytes[] = [],
): Receipt => {
  const suite = suiteNamed(signed.suite);
  const { intent, evidence } = receipt.groups;
  const groups = { ...receipt.groups };
  if (intent && !intent.bytes) groups.intent = { ...intent, bytes: signed.intent };
  if (evidence && !evidence.bytes && suite) {
    groups.evidence = { ...evidence, bytes: evidenceBytes(suite, signed.signature, deviceProof) };
  }
  return {
    ...receipt,
    groups,
    certificates: receipt.certificates.length > 0 ? receipt.certificates : certificates,
  };
};

const LEAF_MAGIC = utf8('srleaf01');
const LEAF_LENGTH = 170;

interface Leaf {
  readonly code: number;
  readonly isEvent: boolean;
  readonly isRefused: boolean;
  readonly commitments: readonly Bytes[];
}

const readLeaf = (bytes: Bytes): Leaf => {
  const [code = 0, flags = 0xff] = bytes.subarray(LEAF_MAGIC.length);
  const isEvent = (flags & 1) !== 0;
  const isKnown = isEvent
    ? Object.hasOwn(EVENTS, code)
    : KIND_NAMES.some((name) => KINDS[name].code === code);
  if (!equal(bytes.subarray(0, LEAF_MAGIC.length), LEAF_MAGIC) || flags > 3 || !isKnown) {
    throw malformed('leaf', 'must be a version 1 leaf');
  }
  const commitments = GROUPS.map((_, at) => own(bytes.subarray(10 + at * 32, 42 + at * 32)));
  return { code, isEvent, isRefused: (flags & 2) !== 0, commitments };
};

/** The name of what a leaf is about. */
export const leafName = (receipt: Receipt): string => {
  const { code, isEvent } = readLeaf(receipt.leaf);
  const kind = KIND_NAMES.find((name) => KINDS[name].code === code);
  return (isEvent ? EVENTS[code as keyof typeof EVENTS] : kind) ?? '';
};

const RISK = object({
  action: text('a text', () => true),
  level: text('a text', () => true),
  policy: count,
  reasons: strings,
  score_permille: decimal('0 to 1000', 0n, 1000n),
  weights: strings,
});
const EFFECTS = object({
  code: text('a code', () => true),
  items: strings,
  outcome: word('accepted', 'refused'),
  result: texts,
  risk: optional(RISK),
  rows: digest,
  v: text('version 1', (value) => value === '1'),
});
const ACTOR = object({
  certificate: digest,
  device: digest,
  generation: count,
  lineage: digest,
  prev: digest,
  role: word(...ROLES),
  seq: count,
  session: optional(uuid),
  user: uuid,
  v: text('version 1', (value) => value === '1'),
});
const ORIGIN = object({
  at: utc,
  ip: text('a text', () => true),
  user_agent: text('a text', () => true),
  v: text('version 1', (value) => value === '1'),
});

/** What came of it: outcome, and the risk engine's reasons where it was asked. */
export type Effects = ObjectOfForm<typeof EFFECTS>;
/** Who signed, as the bank's registers said at that leaf. */
export type Actor = ObjectOfForm<typeof ACTOR>;
/** Where from and when, as the bank saw it. */
export type Origin = ObjectOfForm<typeof ORIGIN>;
type ObjectOfForm<F> = F extends Form<infer T> ? T : ObjectOf<Record<string, never>>;

/** A fact that nobody signed. */
export interface EventFact {
  readonly event: string;
  readonly id: string;
  readonly at: string;
  readonly members: Readonly<Record<string, string>>;
}

interface Evidence {
  readonly suite: Suite;
  readonly signature: Bytes;
}

const readEvidence = (bytes: Bytes): Evidence => {
  const view = new DataView(bytes.buffer);
  const suite = suiteOfCode(bytes[8] ?? 0);
  const length = bytes.length >= 17 ? view.getUint32(9) : 0;
  const after = 13 + length;
  const isWhole = bytes.length >= after + 4 && bytes.length === after + 4 + view.getUint32(after);
  if (!equal(bytes.subarray(0, 8), EVIDENCE_MAGIC) || !suite || !isWhole) {
    throw malformed('evidence', 'must be version 1 evidence');
  }
  return { suite, signature: own(bytes.subarray(13, after)) };
};

const readEvent = (bytes: Bytes): EventFact => {
  const members = texts.read(objectOf(parseCanonical(bytes), ''), '');
  const { event = '', id = '', at = '', v } = members;
  if (v !== '1' || !isUtc(at)) throw malformed('event', 'must be a version 1 event');
  return { event, id, at, members };
};

/** The steps of a verification, in the order in which they are taken. */
export const STEPS = [
  /** The receipt is of its form. */
  'form',
  /** What is shown opens the commitments of the leaf. */
  'commitments',
  /** The checkpoint is signed by the keys of the bank's log. */
  'checkpoint',
  /** The leaf is in the tree under the checkpoint. */
  'inclusion',
  /** Outcome and items are those that the leaf commits to. */
  'outcome',
  /** The intent, its id and its signer are those that the leaf commits to. */
  'intent',
  /** The signer's certificate comes from the pinned root, and was valid when it signed. */
  'certificates',
  /** The signature over the intent is the signer's. */
  'signature',
] as const;
export type StepName = (typeof STEPS)[number];

/** What became of one step. `skipped`: the receipt does not show what it needs, such as an event's signature. */
export interface Step {
  readonly name: StepName;
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'not-reached';
  /** Why it failed or was skipped, in English, for technical details. */
  readonly why?: string | undefined;
  /** What was compared, for technical details: roots, fingerprints, sizes. */
  readonly facts?: Readonly<Record<string, string>> | undefined;
}

/** What a receipt proves. */
export interface ReceiptProof {
  /** Whether no step failed. */
  readonly valid: boolean;
  readonly steps: readonly Step[];
  /** Whether the intent's own signature was checked under a certified key. */
  readonly signatureChecked: boolean;
  readonly checkpoint: Checkpoint | undefined;
  readonly effects: Effects | undefined;
  readonly intent: Intent | undefined;
  readonly event: EventFact | undefined;
  readonly actor: Actor | undefined;
  readonly origin: Origin | undefined;
  readonly signer: Certificate | undefined;
}

/** A step that cannot be taken. */
class Skipped extends Error {}

const contradicted = (group: Group, what: string): IntentError =>
  new IntentError('contradicted', `${what} is contradicted by the ${group} group`);

class Verification {
  readonly #receipt: Receipt;
  readonly #trust: Trust;
  #leaf: Leaf | undefined;
  checkpoint: Checkpoint | undefined;
  effects: Effects | undefined;
  intent: Intent | undefined;
  event: EventFact | undefined;
  actor: Actor | undefined;
  origin: Origin | undefined;
  signer: Certificate | undefined;
  #evidence: Evidence | undefined;
  #key: PublicKey | undefined;
  signatureChecked = false;

  constructor(receipt: Receipt, trust: Trust) {
    this.#receipt = receipt;
    this.#trust = trust;
  }

  readonly steps: Readonly<Record<StepName, () => Promise<Readonly<Record<string, string>>>>> = {
    form: async () => {
      this.#leaf = readLeaf(this.#receipt.leaf);
      return { leaf: this.#receipt.index.toString(), kind: leafName(this.#receipt) };
    },
    commitments: async () => {
      const opened: Record<string, string> = {};
      for (const [at, group] of GROUPS.entries()) {
        const shown = this.#receipt.groups[group];
        const commitment = this.#theLeaf().commitments[at];
        if (!shown?.bytes || !commitment) continue;
        const found = commit(at + 1, shown.salt, shown.bytes);
        if (!equal(found, commitment)) {
          throw new IntentError('commitment-mismatch', `${group}: bytes do not open the leaf's commitment`);
        }
        opened[group] = hex(found);
      }
      return opened;
    },
    checkpoint: async () => {
      this.checkpoint = await verifyCheckpoint(this.#receipt.checkpoint, this.#trust.policy);
      const { origin, size, root } = this.checkpoint;
      return { log: origin, size: size.toString(), root: hex(root) };
    },
    inclusion: async () => {
      const { index, inclusion, leaf } = this.#receipt;
      const checkpoint = this.checkpoint;
      if (!checkpoint || inclusion.size !== checkpoint.size) {
        throw new IntentError('proof-for-other-tree', 'the proof is for another tree size');
      }
      verifyInclusion(index, inclusion.size, inclusion.path, leafHash(leaf), checkpoint.root);
      return { hashes: inclusion.path.length.toString(), leaf_hash: hex(leafHash(leaf)) };
    },
    outcome: async () => {
      const bytes = this.#receipt.groups.effects?.bytes;
      if (!bytes) throw new IntentError('group-missing', 'the effects are not shown');
      const effects = EFFECTS.read(parseCanonical(bytes), '');
      const { outcome, code, items } = this.#receipt;
      if (outcome !== effects.outcome || this.#theLeaf().isRefused !== (effects.outcome === 'refused')) {
        throw contradicted('effects', 'outcome');
      }
      if (code !== effects.code) throw contradicted('effects', 'code');
      const sameItems =
        items.length === effects.items.length && items.every((item, at) => item === effects.items[at]);
      if (!sameItems) throw contradicted('effects', 'items');
      this.effects = effects;
      const origin = this.#receipt.groups.origin?.bytes;
      if (origin) this.origin = ORIGIN.read(parseCanonical(origin), '');
      return { outcome, code };
    },
    intent: async () => this.#intentStep(),
    certificates: async () => this.#certificatesStep(),
    signature: async () => this.#signatureStep(),
  };

  #theLeaf(): Leaf {
    if (!this.#leaf) throw malformed('leaf', 'was not read');
    return this.#leaf;
  }

  #intentStep(): Readonly<Record<string, string>> {
    const { groups, intentId: id, certificates } = this.#receipt;
    const leaf = this.#theLeaf();
    if (leaf.isEvent) {
      if (groups.actor?.bytes?.length || groups.evidence?.bytes?.length) throw contradicted('actor', 'event');
      if (!groups.intent?.bytes) throw new Skipped('the event is not shown');
      this.event = readEvent(groups.intent.bytes);
      if (EVENTS[leaf.code as keyof typeof EVENTS] !== this.event.event) throw contradicted('intent', 'kind');
      if (this.event.id !== id) throw contradicted('intent', 'intent_id');
      return { event: this.event.event };
    }
    if (groups.actor?.bytes) this.actor = ACTOR.read(parseCanonical(groups.actor.bytes), '');
    if (groups.evidence?.bytes) this.#evidence = readEvidence(groups.evidence.bytes);
    if (!groups.intent?.bytes) throw new Skipped('the intent is not shown');
    const intent = decodeIntent(groups.intent.bytes);
    if (KINDS[intent.kind].code !== leaf.code) throw contradicted('intent', 'kind');
    if (intent.id !== id) throw contradicted('intent', 'intent_id');
    if (intent.bank !== this.#trust.bank)
      throw new IntentError('wrong-bank', 'the intent is for another bank');
    const actor = this.actor;
    const isEnrolment = intent.kind === 'user.enrol';
    if (actor) {
      if (!isEnrolment && actor.certificate !== intent.certificate)
        throw contradicted('actor', 'certificate');
      if (actor.device !== intent.device) throw contradicted('actor', 'device');
      if (BigInt(actor.seq) !== intent.seq) throw contradicted('actor', 'seq');
      if (actor.prev !== intent.prev) throw contradicted('actor', 'prev');
    }
    this.intent = intent;
    return { id, signed_at: intent.at, certificates: certificates.length.toString() };
  }

  async #certificatesStep(): Promise<Readonly<Record<string, string>>> {
    const { certificates } = this.#receipt;
    const intent = this.intent;
    if (!intent) throw new Skipped('nobody signed, or the intent is not shown');
    if (intent.kind === 'user.enrol') {
      const { verifyRequest } = await import('./x509');
      this.#key = (await verifyRequest(bytesOf(intent.body.csr, 'body.csr'))).key;
    }
    const [holderDer, issuingDer, rootDer] = certificates;
    if (certificates.length !== 3 || !holderDer || !issuingDer || !rootDer) {
      throw new Skipped('the certificates are not shown');
    }
    const { certificateOf, verifyPath } = await import('./x509');
    const [holder, issuing] = [certificateOf(holderDer), certificateOf(issuingDer)];
    if (!equal(rootDer, this.#trust.root.der)) throw new IntentError('foreign-certificate', 'another root');
    if (holder.publicKey.suite !== this.#trust.suite)
      throw new IntentError('foreign-certificate', 'another suite');
    const isEnrolment = intent.kind === 'user.enrol';
    if (!isEnrolment && holder.fingerprint !== intent.certificate) {
      throw new IntentError('foreign-certificate', 'another signer');
    }
    const at = isEnrolment ? holder.notBefore : new Date(`${intent.at.slice(0, 23)}Z`);
    await verifyPath(holder, issuing, this.#trust.root, at);
    this.signer = holder;
    this.#key ??= holder.publicKey;
    return { signer: holder.fingerprint, issuing: issuing.fingerprint, root: this.#trust.root.fingerprint };
  }

  async #signatureStep(): Promise<Readonly<Record<string, string>>> {
    const { intent } = this;
    const [evidence, key] = [this.#evidence, this.#key];
    if (!intent || !evidence || !key) throw new Skipped('signature or certified key are not shown');
    if (evidence.suite !== key.suite)
      throw new IntentError('suite-mismatch', 'the signature is of another suite');
    const bytes = this.#receipt.groups.intent?.bytes ?? new Uint8Array(0);
    const context = contextOf(this.#trust.bank, KINDS[intent.kind].purpose);
    if (!(await verifyComposite(key, context, bytes, evidence.signature))) {
      throw new IntentError('signature-invalid', 'the signature does not verify');
    }
    this.signatureChecked = true;
    return { suite: key.suite.name, context: fromUtf8(context) };
  }
}

/** The commitment to one group. */
const commit = (code: number, salt: Uint8Array, bytes: Uint8Array): Bytes =>
  sha256(utf8('strongroom/commit/v1'), new Uint8Array([code]), salt, u64(bytes.length), bytes);

/** Judges a receipt. It does not throw for what is wrong with it: `valid` and the steps say so. */
export const verifyReceipt = async (receipt: Receipt, trust: Trust): Promise<ReceiptProof> => {
  const verification = new Verification(receipt, trust);
  const steps: Step[] = [];
  let failed = false;
  for (const name of STEPS) {
    if (failed) {
      steps.push({ name, outcome: 'not-reached' });
      continue;
    }
    try {
      steps.push({ name, outcome: 'passed', facts: await verification.steps[name]() });
    } catch (error) {
      failed = !(error instanceof Skipped);
      const why = error instanceof Error ? error.message : String(error);
      steps.push({ name, outcome: failed ? 'failed' : 'skipped', why });
    }
  }
  const { signatureChecked, checkpoint, effects, intent, event, actor, origin, signer } = verification;
  const valid = !failed;
  return { valid, steps, signatureChecked, checkpoint, effects, intent, event, actor, origin, signer };
};

/** A receipt that answers one's own intent: verified, and of the very bytes that were signed. Throws otherwise. */
export const settleReceipt = async (
  from: unknown,
  signed: SignedIntent,
  trust: Trust,
  certificates: readonly Bytes[],
  deviceProof?: Bytes,
): Promise<{ receipt: Receipt; proof: ReceiptProof }> => {
  let receipt: Receipt;
  try {
    receipt = completeReceipt(parseReceipt(from), signed, deviceProof, certificates);
  } catch (cause) {
    throw new AnswerError('receipt', { cause });
  }
  const proof = await verifyReceipt(receipt, trust);
  const failed = proof.steps.find((step) => step.outcome === 'failed');
  if (failed) throw new AnswerError(`receipt: ${failed.name}: ${failed.why}`);
  const bytes = receipt.groups.intent?.bytes;
  if (!bytes || !equal(bytes, signed.intent)) throw new AnswerError('receipt of another intent');
  return { receipt, proof };
};
