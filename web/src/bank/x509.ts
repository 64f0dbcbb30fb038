/**
 * Certificates of the bank's profile: read, and checked from the holder to the root. Loaded when first needed, for its
 * ASN.1 library. The rules are those of the crate `pki`.
 */
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  type BaseBlock,
  BitString,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js';
import { type Bytes, base64, equal, fromBase64, hex, own, uuidOf } from './bytes';
import { type PublicKey, publicKey, verifyComposite, X509_CONTEXT } from './composite';
import { IntentError } from './errors';
import { sha3 } from './hash';
import { isSignatureLength, type Suite, suiteOfOid } from './suites';

/** What the bank states of a holder: the seven controls. */
export interface ControlClaims {
  readonly bank: string;
  readonly userId: string;
  readonly role: string;
  readonly suite: Suite;
  readonly deviceId: string;
  readonly purposeScope: string;
  readonly allowedActions: readonly string[];
  readonly crlUrl: string;
  readonly crlNumber: bigint;
  readonly parentFingerprint: string;
  readonly lineage: string;
  readonly generation: number;
  readonly previous: string | undefined;
  readonly challenge: string;
}

/** A certificate. */
export interface Certificate {
  readonly der: Bytes;
  /** SHA3-256 of the DER: its name in intents. */
  readonly fingerprint: string;
  readonly serial: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  readonly signatureSuite: Suite;
  readonly isAuthority: boolean;
  readonly claims: ControlClaims | undefined;
  /** What the chain is checked by. */
  readonly inner: Inner;
}

interface Inner {
  readonly tbs: Bytes;
  readonly signature: Bytes;
  readonly subjectDer: Bytes;
  readonly issuerDer: Bytes;
  readonly pathLength: number | undefined;
  readonly keyUsage: number | undefined;
  readonly subjectKey: string | undefined;
  readonly authorityKey: string | undefined;
  readonly extendedUsages: readonly string[] | undefined;
}

const SECURITY_LAYERS = '1.2.840.113556.1.8000.2554.40252.8034.23310.19594.42964.4088242.9460863';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const COMMON_NAME = '2.5.4.3';
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;

const refuse = (why: string): IntentError => new IntentError('certificate-invalid', why);

/** The block of one class, or a refusal. */
const as = <T extends BaseBlock>(
  block: BaseBlock | undefined,
  type: new (...given: never[]) => T,
  what: string,
): T => {
  if (block instanceof type) return block;
  throw refuse(`${what} is malformed`);
};

const itemsOf = (block: BaseBlock | undefined, what: string): readonly BaseBlock[] =>
  as(block, Sequence, what).valueBlock.value as readonly BaseBlock[];

const rawOf = (block: BaseBlock): Bytes => own(block.valueBeforeDecodeView);

/** The one value of DER bytes: nothing behind it, and written again the same. */
const readDer = (der: Bytes, what: string): BaseBlock => {
  const { offset, result } = fromBER(der);
  if (offset !== der.length || result.error !== '') throw refuse(`${what} is malformed`);
  if (!equal(new Uint8Array(result.toBER()), der)) throw refuse(`${what} is not in its one encoding`);
  return result;
};

const oidOf = (block: BaseBlock | undefined, what: string): string =>
  as(block, ObjectIdentifier, what).valueBlock.toString();

const octets = (block: BaseBlock | undefined, what: string): Bytes =>
  own(as(block, OctetString, what).valueBlock.valueHexView);

const integerOf = (block: BaseBlock | undefined, what: string): bigint => {
  const bytes = as(block, Integer, what).valueBlock.valueHexView;
  if (bytes.length === 0 || (bytes[0] ?? 0) >= 0x80) throw refuse(`${what} is malformed`);
  return BigInt(`0x${hex(bytes)}`);
};

const textOf = (block: BaseBlock | undefined, what: string): string =>
  as(block, Utf8String, what).valueBlock.value;

const timeOf = (block: BaseBlock | undefined): Date => {
  if (block instanceof UTCTime || block instanceof GeneralizedTime) return block.toDate();
  throw refuse('validity is malformed');
};

const bitsOf = (block: BaseBlock | undefined, what: string): Bytes => {
  const { unusedBits, valueHexView } = as(block, BitString, what).valueBlock;
  if (unusedBits !== 0) throw refuse(`${what} is malformed`);
  return own(valueHexView);
};

/** Algorithm identifiers of the suites have no parameters. */
const suiteOf = (block: BaseBlock | undefined): Suite => {
  const items = itemsOf(block, 'algorithm');
  const suite = items.length === 1 ? suiteOfOid(oidOf(items[0], 'algorithm')) : undefined;
  if (!suite) throw refuse('the algorithm is of no suite');
  return suite;
};

const keyOf = (block: BaseBlock | undefined): PublicKey => {
  const items = itemsOf(block, 'public key');
  const key = items.length === 2 ? publicKey(suiteOf(items[0]), bitsOf(items[1], 'public key')) : undefined;
  if (!key) throw refuse('public key is malformed');
  return key;
};

/** `CN=…, …`: for people. */
const nameOf = (block: BaseBlock | undefined): string =>
  itemsOf(block, 'name')
    .flatMap((set) => as(set, Asn1Set, 'name').valueBlock.value as readonly BaseBlock[])
    .map((attribute) => {
      const [type, value] = itemsOf(attribute, 'name');
      const oid = oidOf(type, 'name');
      const text = value ? (value as { valueBlock: { value?: unknown } }).valueBlock.value : '';
      return `${oid === COMMON_NAME ? 'CN' : oid}=${typeof text === 'string' ? text : ''}`;
    })
    .join(', ');

const contextBytes = (block: BaseBlock | undefined, tag: number): Bytes | undefined => {
  if (block?.idBlock.tagClass !== 3 || block.idBlock.tagNumber !== tag) return;
  return block instanceof Primitive ? own(block.valueBlock.valueHexView) : undefined;
};

const fixed = (bytes: Bytes, length: number, what: string): Bytes => {
  if (bytes.length !== length) throw refuse(`claim ${what} is malformed`);
  return bytes;
};

const readClaims = (der: Bytes): ControlClaims => {
  const items = [...itemsOf(readDer(der, 'security layers'), 'security layers')];
  const previous = contextBytes(items[13], 0);
  if (previous) items.splice(13, 1);
  if (items.length !== 14) throw refuse('security layers are malformed');
  const digest = (at: number, what: string): string => hex(fixed(octets(items[at], what), 32, what));
  const suite = suiteOfOid(oidOf(items[4], 'suite'));
  const generation = Number(integerOf(items[12], 'generation'));
  if (integerOf(items[0], 'version') !== 1n || !suite) throw refuse('security layers are of another version');
  if ((generation === 1) !== (previous === undefined)) throw refuse('generation and previous disagree');
  return {
    bank: textOf(items[1], 'bank'),
    userId: uuidOf(fixed(octets(items[2], 'user_id'), 16, 'user_id')),
    role: textOf(items[3], 'role'),
    suite,
    deviceId: digest(5, 'device_id'),
    purposeScope: textOf(items[6], 'purpose_scope'),
    allowedActions: itemsOf(items[7], 'allowed_actions').map((item) => textOf(item, 'allowed_actions')),
    crlUrl: textOf(items[8], 'crl_url'),
    crlNumber: integerOf(items[9], 'crl_number'),
    parentFingerprint: digest(10, 'parent_ca_fp'),
    lineage: digest(11, 'lineage'),
    generation,
    previous: previous && hex(fixed(previous, 32, 'previous')),
    challenge: textOf(items[13], 'challenge'),
  };
};

interface Extensions {
  basic?: { ca: boolean; pathLength: number | undefined };
  keyUsage?: number;
  subjectKey?: string;
  authorityKey?: string;
  extendedUsages?: readonly string[];
  claims?: ControlClaims;
}

const readBasic = (value: BaseBlock): { ca: boolean; pathLength: number | undefined } => {
  const items = itemsOf(value, 'basic constraints');
  const ca = items[0] instanceof Asn1Boolean && items[0].valueBlock.value;
  const length = items[1] && Number(integerOf(items[1], 'path length'));
  return { ca, pathLength: length };
};

const readExtension = (out: Extensions, oid: string, critical: boolean, der: Bytes): void => {
  switch (oid) {
    case '2.5.29.19':
      out.basic = readBasic(readDer(der, 'extension'));
      break;
    case '2.5.29.15':
      out.keyUsage = as(readDer(der, 'extension'), BitString, 'key usage').valueBlock.valueHexView[0] ?? 0;
      break;
    case '2.5.29.14':
      out.subjectKey = hex(octets(readDer(der, 'extension'), 'subject key'));
      break;
    case '2.5.29.35': {
      const key = contextBytes(itemsOf(readDer(der, 'extension'), 'authority key')[0], 0);
      if (key) out.authorityKey = hex(key);
      break;
    }
    case '2.5.29.31':
      readDer(der, 'extension');
      break;
    case '2.5.29.37':
      out.extendedUsages = itemsOf(readDer(der, 'extension'), 'extended key usage').map((item) =>
        oidOf(item, 'extended key usage'),
      );
      break;
    case SECURITY_LAYERS:
      if (!critical) throw refuse('security layers are not critical');
      out.claims = readClaims(der);
      break;
    default:
      if (critical) throw refuse(`the critical extension ${oid} is unknown`);
  }
};

const readExtensions = (block: BaseBlock | undefined): Extensions => {
  const out: Extensions = {};
  if (!block) return out;
  const holder =
    block instanceof Constructed && block.idBlock.tagNumber === 3 ? block.valueBlock.value[0] : undefined;
  const seen = new Set<string>();
  for (const extension of itemsOf(holder, 'extensions')) {
    const parts = itemsOf(extension, 'extension');
    const oid = oidOf(parts[0], 'extension');
    if (seen.has(oid)) throw refuse(`the extension ${oid} is there twice`);
    seen.add(oid);
    const critical = parts[1] instanceof Asn1Boolean && parts[1].valueBlock.value;
    readExtension(out, oid, critical, octets(parts.at(-1), 'extension'));
  }
  return out;
};

/** Reads a certificate. */
export const certificateOf = (der: Bytes): Certificate => {
  const [body, algorithm, signature, ...more] = itemsOf(readDer(der, 'certificate'), 'certificate');
  const [version, serial, inner, issuer, validity, subject, key, ...rest] = itemsOf(body, 'certificate');
  if (!body || !algorithm || !inner || !issuer || !subject || more.length > 0 || rest.length > 1) {
    throw refuse('certificate is malformed');
  }
  const number = version instanceof Constructed ? version.valueBlock.value[0] : undefined;
  if (integerOf(number, 'version') !== 2n) throw refuse('certificate is of another version');
  if (!equal(rawOf(algorithm), rawOf(inner))) throw refuse('certificate names two algorithms');
  const signatureSuite = suiteOf(algorithm);
  const signatureBytes = bitsOf(signature, 'signature');
  if (!isSignatureLength(signatureSuite, signatureBytes.length)) throw refuse('signature has another length');
  const [from, to] = itemsOf(validity, 'validity');
  const extensions = readExtensions(rest[0]);
  const serialNumber = integerOf(serial, 'serial number');
  if (serialNumber === 0n || serialNumber >= 1n << 160n) throw refuse('serial number is malformed');
  return {
    der,
    fingerprint: hex(sha3(der)),
    serial: serialNumber.toString(16),
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    notBefore: timeOf(from),
    notAfter: timeOf(to),
    publicKey: keyOf(key),
    signatureSuite,
    isAuthority: extensions.basic?.ca ?? false,
    claims: extensions.claims,
    inner: {
      tbs: rawOf(body),
      signature: signatureBytes,
      subjectDer: rawOf(subject),
      issuerDer: rawOf(issuer),
      pathLength: extensions.basic?.pathLength,
      keyUsage: extensions.keyUsage,
      subjectKey: extensions.subjectKey,
      authorityKey: extensions.authorityKey,
      extendedUsages: extensions.extendedUsages,
    },
  };
};

const PEM = /^-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\r?\n?$/;

/** Reads a certificate in PEM. */
export const certificateOfPem = (pem: string): Certificate => {
  const [, label, body = ''] = PEM.exec(pem) ?? [];
  const der = fromBase64(body.replace(/[\r\n]/g, ''));
  if (label !== 'CERTIFICATE' || !der) throw refuse('it is no certificate in PEM');
  return certificateOf(der);
};

/** A certificate in PEM. */
export const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${base64(der).replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

const namesIssuer = (certificate: Certificate, issuer: Certificate): boolean => {
  const { authorityKey } = certificate.inner;
  const { subjectKey } = issuer.inner;
  const sameKey = authorityKey === undefined || subjectKey === undefined || authorityKey === subjectKey;
  return equal(certificate.inner.issuerDer, issuer.inner.subjectDer) && sameKey;
};

const checkTime = (certificate: Certificate, at: Date, what: string): void => {
  // Whole seconds: certificates know no others.
  const seconds = Math.floor(at.getTime() / 1000);
  if (seconds < certificate.notBefore.getTime() / 1000) throw refuse(`${what} is not valid yet`);
  if (seconds > certificate.notAfter.getTime() / 1000) throw refuse(`${what} has expired`);
};

const checkAuthority = (certificate: Certificate, what: string): void => {
  if (!certificate.isAuthority || !((certificate.inner.keyUsage ?? 0) & KEY_CERT_SIGN)) {
    throw refuse(`${what} is no authority`);
  }
};

const checkSignature = async (certificate: Certificate, key: PublicKey, what: string): Promise<void> => {
  const { tbs, signature } = certificate.inner;
  const isOne = certificate.signatureSuite === key.suite;
  if (!isOne || !(await verifyComposite(key, X509_CONTEXT, tbs, signature))) {
    throw refuse(`the signature of ${what} does not verify`);
  }
};

/** Refuses a path that does not lead from the holder over the issuing authority to the pinned root at this time. */
export const verifyPath = async (
  holder: Certificate,
  issuing: Certificate,
  root: Certificate,
  at: Date,
): Promise<void> => {
  checkAuthority(root, 'the root');
  checkAuthority(issuing, 'the issuing authority');
  const suite = root.publicKey.suite;
  const suites = [
    root.signatureSuite,
    issuing.signatureSuite,
    issuing.publicKey.suite,
    holder.signatureSuite,
  ];
  if (suites.some((one) => one !== suite)) throw refuse('the path mixes suites');
  if (!suite.certifies.includes(holder.publicKey.suite.name)) throw refuse('the path mixes suites');
  if (root.inner.pathLength === 0 || issuing.inner.pathLength !== 0) throw refuse('the path is too long');
  if (equal(issuing.inner.subjectDer, root.inner.subjectDer)) throw refuse('the issuing authority is a root');
  if (!namesIssuer(root, root) || !namesIssuer(issuing, root) || !namesIssuer(holder, issuing)) {
    throw refuse('the path names another issuer');
  }
  if (holder.isAuthority) throw refuse('the holder is an authority');
  const { keyUsage, extendedUsages } = holder.inner;
  if (keyUsage !== undefined && !(keyUsage & DIGITAL_SIGNATURE)) throw refuse('the key may not sign');
  if (extendedUsages && !extendedUsages.includes(CLIENT_AUTH)) throw refuse('the key may not sign in');
  checkTime(root, at, 'the root');
  checkTime(issuing, at, 'the issuing authority');
  checkTime(holder, at, 'the certificate');
  await checkSignature(root, root.publicKey, 'the root');
  await checkSignature(issuing, root.publicKey, 'the issuing authority');
  await checkSignature(holder, issuing.publicKey, 'the certificate');
};

const algorithmOf = (suite: Suite): Sequence =>
  new Sequence({ value: [new ObjectIdentifier({ value: suite.oid })] });

/** The part of a certificate request (PKCS#10) that is signed. */
export const requestInfo = (key: PublicKey, commonName: string): Bytes => {
  const name = new Sequence({
    value: [new ObjectIdentifier({ value: COMMON_NAME }), new Utf8String({ value: commonName })],
  });
  const info = new Sequence({
    value: [
      new Integer({ value: 0 }),
      new Sequence({ value: [new Asn1Set({ value: [name] })] }),
      new Sequence({ value: [algorithmOf(key.suite), new BitString({ valueHex: own(key.bytes).buffer })] }),
      new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [] }),
    ],
  });
  return own(info.toBER());
};

/** A certificate request of its signed part. */
export const requestOf = (info: Bytes, suite: Suite, signature: Bytes): Bytes => {
  const { result } = fromBER(info);
  const request = new Sequence({
    value: [result, algorithmOf(suite), new BitString({ valueHex: own(signature).buffer })],
  });
  return own(request.toBER());
};

/** The key and name of a request that its own key signed. */
export const verifyRequest = async (der: Bytes): Promise<{ key: PublicKey; commonName: string }> => {
  const [info, algorithm, signature] = itemsOf(readDer(der, 'request'), 'request');
  const [, subject, keyInfo] = itemsOf(info, 'request');
  const key = keyOf(keyInfo);
  if (!info || suiteOf(algorithm) !== key.suite) throw refuse('the request names two algorithms');
  if (!(await verifyComposite(key, X509_CONTEXT, rawOf(info), bitsOf(signature, 'signature')))) {
    throw refuse('the signature of the request does not verify');
  }
  return { key, commonName: nameOf(subject).replace(/^CN=/, '') };
};
