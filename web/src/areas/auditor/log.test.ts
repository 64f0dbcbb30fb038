import { describe, expect, it } from 'vitest';
import { hex, leafHash, nodeHash } from '../../bank';
import { GrowingTree } from './log';

const leaf = (at: number): Uint8Array<ArrayBuffer> => new Uint8Array([at]);

/** RFC 6962, 2.1, as it is written there. */
function byDefinition(leaves: Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (leaves.length === 1 && only) return leafHash(only);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return nodeHash(byDefinition(leaves.slice(0, half)), byDefinition(leaves.slice(half)));
}

describe('a tree that grows leaf by leaf', () => {
  it('has the root of the definition at every size', () => {
    const tree = new GrowingTree();
    const leaves: Uint8Array[] = [];
    expect(tree.root()).toBeUndefined();
    for (let at = 0; at < 70; at += 1) {
      leaves.push(leaf(at));
      tree.add(leaf(at));
      expect(hex(tree.root() ?? new Uint8Array())).toBe(hex(byDefinition(leaves)));
    }
    expect(tree.size).toBe(70n);
  });
});
