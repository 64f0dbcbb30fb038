/** The suites of the bank: which algorithms sign together, with their labels and lengths. */
import { type Bytes, concat, utf8 } from './bytes';
import { sha512 } from './hash';

export type MlDsaSet = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';
export type Classical = 'Ed25519' | 'ECDSA-P256';

/** One suite. */
export interface Suite {
  readonly name: SuiteName;
  readonly code: number;
  readonly oid: string;
  readonly mlDsa: MlDsaSet;
  readonly classical?: Classical;
  readonly label?: string;
  readonly publicKeyLength: number;
  readonly signatureLength: number;
  /** Names of the suites whose holders it may certify. */
  readonly certifies: readonly SuiteName[];
}

export type SuiteName = 'standard' | 'compact' | 'pure65' | 'cnsa2' | 'hsm';

export const SUITES: Readonly<Record<SuiteName, Suite>> = {
  standard: {
    name: 'standard',
    code: 1,
    oid: '1.3.6.1.5.5.7.6.48',
    mlDsa: 'ML-DSA-65',
    classical: 'Ed25519',
    label: 'COMPSIG-MLDSA65-Ed25519-SHA512',
    publicKeyLength: 1984,
    signatureLength: 3373,
    certifies: ['standard'],
  },
  compact: {
    name: 'compact',
    code: 2,
    oid: '1.3.6.1.5.5.7.6.39',
    mlDsa: 'ML-DSA-44',
    classical: 'Ed25519',
    label: 'COMPSIG-MLDSA44-Ed25519-SHA512',
    publicKeyLength: 1344,
    signatureLength: 2484,
    certifies: ['compact'],
  },
  pure65: {
    name: 'pure65',
    code: 3,
    oid: '2.16.840.1.101.3.4.3.18',
    mlDsa: 'ML-DSA-65',
    publicKeyLength: 1952,
    signatureLength: 3309,
    certifies: ['pure65'],
  },
  cnsa2: {
    name: 'cnsa2',
    code: 4,
    oid: '2.16.840.1.101.3.4.3.19',
    mlDsa: 'ML-DSA-87',
    publicKeyLength: 2592,
    signatureLength: 4627,
    certifies: ['cnsa2'],
  },
  hsm: {
    name: 'hsm',
    code: 5,
    oid: '1.3.6.1.5.5.7.6.45',
    mlDsa: 'ML-DSA-65',
    classical: 'ECDSA-P256',
    label: 'COMPSIG-MLDSA65-ECDSA-P256-SHA512',
    publicKeyLength: 2017,
    signatureLength: 3381,
    certifies: ['standard', 'hsm'],
  },
};

/** Length of the ML-DSA half of keys and signatures. */
export const ML_DSA_LENGTHS: Readonly<
  Record<MlDsaSet, { readonly publicKey: number; readonly signature: number }>
> = {
  'ML-DSA-44': { publicKey: 1312, signature: 2420 },
  'ML-DSA-65': { publicKey: 1952, signature: 3309 },
  'ML-DSA-87': { publicKey: 2592, signature: 4627 },
};

export const suiteNamed = (name: string): Suite | undefined =>
  Object.hasOwn(SUITES, name) ? SUITES[name as SuiteName] : undefined;
export const suiteOfCode = (code: number): Suite | undefined =>
  Object.values(SUITES).find((suite) => suite.code === code);
export const suiteOfOid = (oid: string): Suite | undefined =>
  Object.values(SUITES).find((suite) => suite.oid === oid);
export const suiteOfKeyLength = (length: number): Suite | undefined =>
  Object.values(SUITES).find((suite) => suite.publicKeyLength === length);

/** Whether a signature may have this length: ECDSA's vary. */
export const isSignatureLength = (suite: Suite, length: number): boolean =>
  suite.classical === 'ECDSA-P256'
    ? length <= suite.signatureLength && length >= ML_DSA_LENGTHS[suite.mlDsa].signature + 8
    : length === suite.signatureLength;

const PREFIX = 'CompositeAlgorithmSignatures2025';

/** What both halves of a composite sign (draft-ietf-lamps-pq-composite-sigs): prefix, label, context, SHA-512. */
export const representative = (label: string, context: Uint8Array, message: Uint8Array): Bytes => {
  if (context.length > 255) throw new RangeError('a context has at most 255 bytes');
  return concat(utf8(PREFIX), utf8(label), new Uint8Array([context.length]), context, sha512(message));
};
