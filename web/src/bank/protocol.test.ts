import { describe, expect, it } from 'vitest';
import { type Bytes, base64, base64url, equal, fromBase64, fromUtf8, hex, own, utf8 } from './bytes';
import { publicKey, signComposite, verifyComposite, X509_CONTEXT } from './composite';
import { deviceIdOf, deviceKeyCommitment, deviceKeyOf, deviceProof } from './device';
import { protocol, unhex } from './fixtures.test-util';
import { contextOf } from './intent';
import {
  leafHash,
  nodeHash,
  parseLogPolicy,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from './log';
import { softwareSigner } from './primitives';
import { proofHeaders, sessionKey } from './proof';
import {
  completeReceipt,
  GROUPS,
  parseReceipt,
  type Receipt,
  receiptBundle,
  STEPS,
  settleReceipt,
  verifyReceipt,
} from './receipt';
import { kemOfSeed, openSealed, sealTo } from './seal';
import { SUITES } from './suites';
import { parseTrust, trustFile } from './trust';
import { certificateOf, requestInfo, requestOf, verifyPath, verifyRequest } from './x509';

const { fixed, hedged } = protocol;
const bundle = hedged.receipt.bundle;
const trust = await parseTrust(hedged.trust);

const holder = () => {
  const key = publicKey(SUITES.standard, unhex(fixed.signing.public_key));
  if (!key) throw new Error('no key');
  return key;
};

const flipped = (bytes: Bytes, at: number): Bytes => {
  const copy = own(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe('composite signatures', () => {
  it('of the bank verify, and only in their context', async () => {
    const [message, signature] = [unhex(hedged.message), unhex(hedged.signature_intent)];
    const context = contextOf(hedged.bank, 'intent');
    expect(await verifyComposite(holder(), context, message, signature)).toBe(true);
    expect(await verifyComposite(holder(), contextOf(hedged.bank, 'challenge'), message, signature)).toBe(
      false,
    );
    expect(await verifyComposite(holder(), contextOf('other', 'intent'), message, signature)).toBe(false);
    expect(await verifyComposite(holder(), X509_CONTEXT, message, unhex(hedged.signature_x509))).toBe(true);
    for (const at of [0, 1000, 3308, 3309, 3340, 3372]) {
      expect(await verifyComposite(holder(), context, message, flipped(signature, at)), `${at}`).toBe(false);
    }
    expect(await verifyComposite(holder(), context, message, own(signature.subarray(1)))).toBe(false);
  });

  it('are made by the key of a seed, and verified before they leave', async () => {
    const signer = await softwareSigner(unhex(fixed.signing.seed));
    expect(hex(signer.publicKey)).toBe(fixed.signing.public_key);
    const context = contextOf(hedged.bank, 'device');
    const signature = await signComposite(signer, signer.publicKey, context, utf8('hello'));
    expect(await verifyComposite(holder(), context, utf8('hello'), signature)).toBe(true);
    const broken = { ...signer, signEd25519: (message: Bytes) => flipped(signer.signEd25519(message), 3) };
    await expect(signComposite(broken, signer.publicKey, context, utf8('hello'))).rejects.toThrow(
      'does not verify',
    );
  });
});

describe('sealed boxes', () => {
  it('of the bank open, for their purpose and transcript only', async () => {
    const key = await kemOfSeed(unhex(fixed.kem.seed));
    expect(hex(key.publicKey)).toBe(fixed.kem.public_key);
    const sealed = unhex(hedged.sealed);
    const transcript = unhex(fixed.kem.transcript);
    const opened = await openSealed(key, fixed.kem.purpose, transcript, sealed);
    expect(hex(opened)).toBe(fixed.kem.plaintext);
    await expect(openSealed(key, 'device-key', transcript, sealed)).rejects.toThrow();
    await expect(openSealed(key, fixed.kem.purpose, flipped(transcript, 0), sealed)).rejects.toThrow();
    for (const at of [0, 1, 2, 1121, 1122, 1140, sealed.length - 1]) {
      await expect(openSealed(key, fixed.kem.purpose, transcript, flipped(sealed, at))).rejects.toThrow();
    }
  });

  it('are made for the key', async () => {
    const key = await kemOfSeed(unhex(fixed.bank_kem_seed));
    expect(equal(key.publicKey, trust.kem)).toBe(true);
    const sealed = await sealTo(trust.kem, 'device-key', utf8('t'), utf8('secret'));
    expect(fromUtf8(await openSealed(key, 'device-key', utf8('t'), sealed))).toBe('secret');
  });
});

describe('devices and requests', () => {
  it('are proved as the bank expects', () => {
    const key = deviceKeyOf(unhex(fixed.device.secret));
    expect(deviceIdOf(unhex(fixed.device.secret))).toBe(fixed.device.id);
    expect(hex(key)).toBe(fixed.device.key);
    expect(deviceKeyCommitment(key)).toBe(fixed.device.key_commitment);
    expect(hex(deviceProof(key, unhex(fixed.device.message)))).toBe(fixed.device.proof);
    const bootstrap = unhex(fixed.session.bootstrap);
    const session = sessionKey(fixed.session.id, bootstrap, key);
    expect(hex(session)).toBe(fixed.session.key_with_device);
    expect(hex(sessionKey(fixed.session.id, bootstrap))).toBe(fixed.session.key_without);
    const { method, path, body, at_us, counter, instance, content_digest, proof } = fixed.request;
    const request = {
      method,
      path,
      body: unhex(body),
      atMicros: BigInt(at_us),
      counter: BigInt(counter),
      instance,
    };
    expect(proofHeaders(session, request)).toEqual({
      'content-digest': content_digest,
      'strongroom-proof': proof,
    });
  });
});

describe('the tree', () => {
  const hashes = hedged.receipt.leaves.map((leaf) => fromBase64(leaf) ?? new Uint8Array(0));
  const split = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));
  const root = (leaves: readonly Bytes[]): Bytes => {
    if (leaves.length === 1) return leaves[0] ?? new Uint8Array(0);
    const cut = split(leaves.length);
    return nodeHash(root(leaves.slice(0, cut)), root(leaves.slice(cut)));
  };
  const inclusion = (leaves: readonly Bytes[], at: number): Bytes[] => {
    if (leaves.length <= 1) return [];
    const cut = split(leaves.length);
    const [left, right] = [leaves.slice(0, cut), leaves.slice(cut)];
    return at < cut ? [...inclusion(left, at), root(right)] : [...inclusion(right, at - cut), root(left)];
  };
  const consistency = (leaves: readonly Bytes[], old: number, whole = true): Bytes[] => {
    if (old === leaves.length) return whole ? [] : [root(leaves)];
    const cut = split(leaves.length);
    const [left, right] = [leaves.slice(0, cut), leaves.slice(cut)];
    return old <= cut
      ? [...consistency(left, old, whole), root(right)]
      : [...consistency(right, old - cut, false), root(left)];
  };

  it('has the roots of the bank', () => {
    expect(base64(root(hashes))).toBe(hedged.receipt.root);
    expect(base64(root(hashes.slice(0, Number(hedged.receipt.old_size))))).toBe(hedged.receipt.old_root);
  });

  it('proves every leaf of every size, and no other', () => {
    for (let size = 1; size <= hashes.length; size += 1) {
      const leaves = hashes.slice(0, size);
      const top = root(leaves);
      for (const [at, leaf] of leaves.entries()) {
        const path = inclusion(leaves, at);
        verifyInclusion(BigInt(at), BigInt(size), path, leaf, top);
        for (const [place, sibling] of path.entries()) {
          const bad = path.with(place, flipped(sibling, 7));
          expect(() => verifyInclusion(BigInt(at), BigInt(size), bad, leaf, top)).toThrow();
        }
        expect(() => verifyInclusion(BigInt(at), BigInt(size), [...path, leaf], leaf, top)).toThrow();
        expect(() => verifyInclusion(BigInt(at), BigInt(size), path, leafHash(leaf), top)).toThrow();
        expect(() => verifyInclusion(BigInt(size), BigInt(size), path, leaf, top)).toThrow();
        if (path.length > 0) {
          expect(() => verifyInclusion(BigInt(at), BigInt(size), path.slice(1), leaf, top)).toThrow();
        }
      }
    }
  });

  it('proves that one tree is a prefix of another, and not otherwise', () => {
    for (let size = 1; size <= hashes.length; size += 1) {
      for (let old = 1; old <= size; old += 1) {
        const [leaves, before] = [hashes.slice(0, size), hashes.slice(0, old)];
        const path = consistency(leaves, old);
        const verify = (proof: readonly Bytes[], from: Bytes, to: Bytes) =>
          verifyConsistency(BigInt(old), BigInt(size), proof, from, to);
        verify(path, root(before), root(leaves));
        for (const [place, sibling] of path.entries()) {
          expect(() => verify(path.with(place, flipped(sibling, 1)), root(before), root(leaves))).toThrow();
        }
        expect(() => verify(path, flipped(root(before), 0), root(leaves))).toThrow();
        expect(() => verify(path, root(before), flipped(root(leaves), 0))).toThrow();
      }
    }
    expect(() => verifyConsistency(0n, 1n, [], leafHash(utf8('')), leafHash(utf8('')))).toThrow();
  });
});

describe('checkpoints', () => {
  const { checkpoint } = parseReceipt(bundle);

  it('are signed by every key of the policy', async () => {
    const verified = await verifyCheckpoint(checkpoint, trust.policy);
    expect(base64(verified.root)).toBe(hedged.receipt.root);
    const lines = checkpoint.split('\n');
    const without = (line: number) => lines.filter((_, at) => at !== line).join('\n');
    await verifyCheckpoint(without(4), trust.policy);
    await expect(verifyCheckpoint(without(6), trust.policy)).rejects.toThrow('composite');
    for (const line of [0, 1, 2, 4, 5, 6]) {
      const text = lines[line] ?? '';
      const at = text.length - 9;
      const altered = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      await expect(
        verifyCheckpoint(lines.with(line, altered).join('\n'), trust.policy),
        `${line}`,
      ).rejects.toThrow();
    }
    await expect(verifyCheckpoint(`${checkpoint} `, trust.policy)).rejects.toThrow();
  });

  it('have a policy of one form', () => {
    const { text } = trust.policy;
    for (const bad of [
      text.replace('v1', 'v2'),
      text.replace('quorum 0', 'quorum 1'),
      `${text}bank x\n`,
      '',
    ]) {
      expect(() => parseLogPolicy(bad)).toThrow();
    }
  });
});

describe('a certificate', () => {
  const [holderDer, issuingDer, rootDer] = parseReceipt(bundle).certificates as [Bytes, Bytes, Bytes];
  const [leaf, issuing, root] = [certificateOf(holderDer), certificateOf(issuingDer), certificateOf(rootDer)];
  const now = new Date(1_795_309_323_000);

  it('leads to the root, with the claims of the bank', async () => {
    await verifyPath(leaf, issuing, root, now);
    expect(leaf.claims).toMatchObject({
      bank: 'demo-bank',
      role: 'customer',
      deviceId: fixed.device.id,
      generation: 1,
    });
    expect(leaf.claims?.allowedActions).toContain('transfer');
    expect(hex(leaf.publicKey.bytes)).toBe(fixed.signing.public_key);
    expect(issuing.subject).toBe('CN=Demo Bank Issuing 1');
  });

  it('is refused out of its time, out of its place and altered', async () => {
    await expect(verifyPath(leaf, issuing, root, new Date(0))).rejects.toThrow('not valid yet');
    await expect(verifyPath(leaf, issuing, root, new Date('2040-01-01'))).rejects.toThrow('expired');
    await expect(verifyPath(issuing, issuing, root, now)).rejects.toThrow();
    await expect(verifyPath(leaf, root, root, now)).rejects.toThrow();
    await expect(verifyPath(leaf, issuing, issuing, now)).rejects.toThrow();
    for (let at = 0; at < holderDer.length; at += 97) {
      const altered = async () => verifyPath(certificateOf(flipped(holderDer, at)), issuing, root, now);
      await expect(altered(), `${at}`).rejects.toThrow();
    }
  });

  it('is asked for by a request in the one form of the bank', async () => {
    const theirs = unhex(hedged.csr);
    const { key, commonName } = await verifyRequest(theirs);
    expect(hex(key.bytes)).toBe(fixed.signing.public_key);
    const info = requestInfo(key, commonName);
    const signer = await softwareSigner(unhex(fixed.signing.seed));
    const signature = await signComposite(signer, signer.publicKey, X509_CONTEXT, info);
    const ours = requestOf(info, key.suite, signature);
    expect(ours.length).toBe(theirs.length);
    expect(hex(ours.subarray(0, ours.length - 3373))).toBe(hex(theirs.subarray(0, theirs.length - 3373)));
    expect(await verifyRequest(ours)).toMatchObject({ commonName });
    await expect(verifyRequest(flipped(ours, ours.length - 1))).rejects.toThrow('does not verify');
  });
});

describe('a receipt', () => {
  const whole = parseReceipt(bundle);
  const failed = async (receipt: Receipt): Promise<string | undefined> => {
    const proof = await verifyReceipt(receipt, trust);
    const step = proof.steps.find(({ outcome }) => outcome === 'failed');
    expect(proof.valid).toBe(step === undefined);
    return step?.name;
  };

  it('proves what it says, every step of it', async () => {
    const proof = await verifyReceipt(whole, trust);
    expect(proof.steps.map(({ name, outcome }) => [name, outcome])).toEqual(
      STEPS.map((name) => [name, 'passed']),
    );
    expect(proof.signatureChecked).toBe(true);
    expect(proof.intent?.kind).toBe('transfer');
    expect(JSON.parse(receiptBundle(whole))).toEqual(JSON.parse(bundle));
  });

  it('is completed by who signed, and settles nobody else', async () => {
    const { envelope } = hedged;
    const bytesOf = (text: string) =>
      fromBase64(
        text
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .padEnd(Math.ceil(text.length / 4) * 4, '='),
      );
    const signed = {
      intent: bytesOf(envelope.intent) ?? utf8(''),
      signature: bytesOf(envelope.signature) ?? utf8(''),
      suite: envelope.suite,
      certificate: envelope.certificate,
    };
    const { receipt } = await settleReceipt(hedged.receipt.answer, signed, trust, []);
    expect(JSON.parse(receiptBundle(receipt))).toEqual(JSON.parse(bundle));
    const bare = parseReceipt(hedged.receipt.answer);
    const proof = await verifyReceipt(bare, trust);
    expect([proof.valid, proof.signatureChecked, proof.steps.at(-1)?.outcome]).toEqual([
      true,
      false,
      'skipped',
    ]);
    const other = { ...signed, signature: flipped(signed.signature, 5) };
    await expect(settleReceipt(hedged.receipt.answer, other, trust, [])).rejects.toThrow('commitments');
    expect(completeReceipt(bare, signed).groups.intent?.bytes).toBeDefined();
  });

  it('is refused with any byte of a shown group, its salt, the leaf or the proof altered', async () => {
    for (const group of GROUPS) {
      const shown = whole.groups[group];
      if (!shown?.bytes) throw new Error('not whole');
      for (let at = 0; at < shown.bytes.length; at += 1) {
        const bad = {
          ...whole,
          groups: { ...whole.groups, [group]: { ...shown, bytes: flipped(shown.bytes, at) } },
        };
        const { steps } = await verifyReceipt(bad, trust);
        expect(steps[1]?.outcome).toBe('failed');
      }
      for (let at = 0; at < 32; at += 1) {
        const bad = {
          ...whole,
          groups: { ...whole.groups, [group]: { ...shown, salt: flipped(shown.salt, at) } },
        };
        expect(await failed(bad)).toBe('commitments');
      }
    }
    for (let at = 0; at < whole.leaf.length; at += 1) {
      expect(['form', 'commitments', 'inclusion', 'outcome', 'intent']).toContain(
        await failed({ ...whole, leaf: flipped(whole.leaf, at) }),
      );
    }
    for (const [place, hash] of whole.inclusion.path.entries()) {
      const path = whole.inclusion.path.with(place, flipped(hash, 31));
      expect(await failed({ ...whole, inclusion: { ...whole.inclusion, path } })).toBe('inclusion');
    }
  }, 60_000);

  it('is refused where it says something else than it commits to', async () => {
    expect(await failed({ ...whole, outcome: 'refused' })).toBe('outcome');
    expect(await failed({ ...whole, code: 'held' })).toBe('outcome');
    expect(await failed({ ...whole, items: ['ok'] })).toBe('outcome');
    expect(await failed({ ...whole, index: 6n })).toBe('inclusion');
    expect(await failed({ ...whole, intentId: '019aa000-0000-7000-8000-000000000002' })).toBe('intent');
    const [leaf, issuing, root] = whole.certificates as [Bytes, Bytes, Bytes];
    expect(await failed({ ...whole, certificates: [leaf, issuing, issuing] })).toBe('certificates');
    expect(await failed({ ...whole, certificates: [issuing, issuing, root] })).toBe('certificates');
    expect(await failed({ ...whole, groups: { ...whole.groups, effects: undefined } as never })).toBe(
      'outcome',
    );
    for (const bad of [
      '{}',
      bundle.replace('"v":"1"', '"v":"2"'),
      bundle.replace('"v":"1"', '"v":"1","x":"1"'),
    ]) {
      expect(() => parseReceipt(bad)).toThrow();
    }
  });

  it('has a trust file that reads back', async () => {
    const again = await parseTrust(trustFile(trust));
    expect(again.text).toEqual(trust.text);
    await expect(parseTrust({ ...trust.text, root: base64url(utf8('x')) })).rejects.toThrow('trust');
  });
});
