/** The protocol library of the console. Start with README.md beside this file. */
export * from './account-number';
export {
  Bank,
  type CertificatePath,
  type ConnectOptions,
  type Draft,
  type Profile,
  type SecurityInfo,
  type User,
} from './bank';
export { base64url, fromBase64, fromBase64url, fromHex, hex, uuid7 } from './bytes';
export { sanitize, textFault } from './canonical';
export * from './enrol';
export * from './errors';
export * from './intent';
export { type NewInvitation, newInvitation } from './invitation';
export { bestTier, isSoftware, type StoredKeys, type Tier, tiersOf } from './keys';
export * from './kinds';
export * from './lineage';
export {
  type Checkpoint,
  leafHash,
  nodeHash,
  rootText,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from './log';
export * from './money';
export { type Pairing, pairingNumber, pairingText, parsePairing } from './pairing';
export { mayHavePrf } from './passkey';
export { hasNativeKem, hasNativeSigning } from './primitives';
export * from './receipt';
export * from './recovery';
export { type Caller, type Factor, Refused, Session, type Settled } from './session';
export { BrowserStore, MemoryStore, type Store } from './store';
export { isSameBank, parseTrust, type Trust, trustFile } from './trust';
