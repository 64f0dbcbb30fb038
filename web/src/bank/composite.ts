/** Composite signatures: both halves must hold, and both sign the same representative. */
import { type Bytes, concat, own, utf8 } from './bytes';
import { DeviceError } from './errors';
import { verifyEd25519, verifyMlDsa, verifyP256 } from './primitives';
import { isSignatureLength, ML_DSA_LENGTHS, representative, SUITES, type Suite } from './suites';

/** A public key of a suite. */
export interface PublicKey {
  readonly suite: Suite;
  readonly bytes: Bytes;
}

/** The empty context of certificates and requests. */
export const X509_CONTEXT: Bytes = new Uint8Array(0);

/** A public key, where its length is the suite's. */
export const publicKey = (suite: Suite, bytes: Bytes): PublicKey | undefined =>
  bytes.length === suite.publicKeyLength ? { suite, bytes } : undefined;

/** Whether a signature is one of this key over this message in this context. */
export const verifyComposite = async (
  { suite, bytes }: PublicKey,
  context: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> => {
  if (!isSignatureLength(suite, signature.length)) return false;
  if (suite.label === undefined) return verifyMlDsa(suite.mlDsa, bytes, message, signature, context);
  const { publicKey: keyLength, signature: signatureLength } = ML_DSA_LENGTHS[suite.mlDsa];
  const signed = representative(suite.label, context, message);
  const classicalKey = own(bytes.subarray(keyLength));
  const classical = own(signature.subarray(signatureLength));
  const verifyClassical = suite.classical === 'Ed25519' ? verifyEd25519 : verifyP256;
  const [first, second] = await Promise.all([
    verifyClassical(classicalKey, signed, classical),
    verifyMlDsa(
      suite.mlDsa,
      own(bytes.subarray(0, keyLength)),
      signed,
      own(signature.subarray(0, signatureLength)),
      utf8(suite.label),
    ),
  ]);
  return first && second;
};

/** What signs one half each, wherever the keys are. */
export interface Halves {
  readonly signMlDsa: (message: Bytes, context: Bytes) => Bytes | Promise<Bytes>;
  readonly signEd25519: (message: Bytes) => Bytes | Promise<Bytes>;
}

/** Signs with both halves of a `standard` key, and verifies what came out before it leaves. */
export const signComposite = async (
  halves: Halves,
  publicKeyBytes: Bytes,
  context: Bytes,
  message: Bytes,
): Promise<Bytes> => {
  const suite = SUITES.standard;
  const label = suite.label ?? '';
  const signed = representative(label, context, message);
  const [mlDsa, classical] = await Promise.all([
    halves.signMlDsa(signed, utf8(label)),
    halves.signEd25519(signed),
  ]);
  const signature = concat(mlDsa, classical);
  if (!(await verifyComposite({ suite, bytes: publicKeyBytes }, context, message, signature))) {
    throw new DeviceError('sign-failed', 'the signature that came out does not verify');
  }
  return signature;
};
