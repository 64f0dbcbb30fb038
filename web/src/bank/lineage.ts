/** The proof of a device's own key: its certificate, the path to the pinned root, and its lineage back to the first key. */
import type { CertificatePath, Profile } from './bank';
import { hex } from './bytes';
import type { Trust } from './trust';

/** A certificate of the lineage as the bank tells it. Only `pem` is believed. */
export interface Ancestor {
  readonly certificate: string;
  readonly pem: string;
}

export interface KeyProof {
  readonly holder: boolean;
  readonly chain: boolean;
  readonly lineage: boolean;
  /** Of the lineage, newest first, as far as each names the next. */
  readonly generations: readonly Generation[];
}

export interface Generation {
  readonly generation: number;
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Checks what is kept here, and the ancestors that the bank tells. The authority signs `previous` into each certificate, so
 * that of a chain to the root one needs no signature but the newest one: every earlier certificate is named by its hash.
 */
export const proveKey = async (
  trust: Trust,
  { user, keys }: Profile,
  path: CertificatePath,
  ancestors: readonly Ancestor[],
  at: Date = new Date(),
): Promise<KeyProof> => {
  const { certificateOf, certificateOfPem, verifyPath } = await import('./x509');
  const holder = certificateOf(path.holder);
  const { claims } = holder;
  const isHolder =
    hex(holder.publicKey.bytes) === hex(keys.publicKey) &&
    claims?.bank === trust.bank &&
    claims.deviceId === keys.deviceId &&
    claims.userId === user.id &&
    claims.role === user.role;
  const chain = await verifyPath(holder, certificateOf(path.issuing), trust.root, at).then(
    () => true,
    () => false,
  );
  const known = new Map(ancestors.map(({ certificate, pem }) => [certificate, pem]));
  const generations: Generation[] = [];
  let next: string | undefined;
  for (let one: typeof holder | undefined = holder; one?.claims; ) {
    const { fingerprint, notBefore, notAfter } = one;
    const { generation, lineage } = one.claims;
    const previous: string | undefined = one.claims.previous;
    const isNext = next === undefined || next === fingerprint;
    const descends = generations.length === 0 || generations.at(-1)?.generation === generation + 1;
    if (!isNext || !descends || lineage !== claims?.lineage || one.claims.userId !== user.id) break;
    generations.push({ generation, fingerprint, notBefore, notAfter });
    const pem: string | undefined = previous && known.get(previous);
    next = previous;
    one = pem ? certificateOfPem(pem) : undefined;
  }
  return { holder: isHolder, chain, lineage: generations.at(-1)?.generation === 1, generations };
};

/** A path of certificates as one file of PEM, the holder's first. */
export const chainOfPem = async ({ holder, issuing, root }: CertificatePath): Promise<string> => {
  const { pemOf } = await import('./x509');
  return [holder, issuing, root].map((der) => pemOf(der)).join('');
};
