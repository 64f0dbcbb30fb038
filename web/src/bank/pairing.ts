/** The pairing of a second device: the text of its QR code and the number that both devices show. */
import { hex, utf8 } from './bytes';
import { isDigest, isUuid, malformed } from './forms';
import { sha3 } from './hash';

const PREFIX = 'strongroom-pairing-1';

/** What a new device says of itself, and what the other one signs. */
export interface Pairing {
  readonly id: string;
  readonly bank: string;
  readonly user: string;
  readonly device: string;
  readonly csrSha3: string;
  readonly registration: string;
}

/** The text for the QR code. */
export const pairingText = ({ bank, id, user, device, csrSha3, registration }: Pairing): string =>
  [PREFIX, bank, id, user, device, csrSha3, registration].join('.');

/** Reads the text of a QR code. */
export const parsePairing = (text: string): Pairing => {
  const [prefix, bank, id, user, device, csrSha3, registration, ...rest] = text.trim().split('.');
  const ids = [id, user].every((part) => part !== undefined && isUuid(part));
  const digests = [device, csrSha3, registration].every((part) => part !== undefined && isDigest(part));
  if (prefix !== PREFIX || rest.length > 0 || !ids || !digests || !/^[a-z0-9-]{1,32}$/.test(bank ?? '')) {
    throw malformed('pairing', 'is not the text of a pairing');
  }
  return { id, bank, user, device, csrSha3, registration } as Pairing;
};

/** Six digits of a text: people compare them. */
export const matchNumber = (text: string): string => {
  const digest = sha3(utf8(`strongroom/match-number/v1\n${text}`));
  return (BigInt(`0x${hex(digest)}`) % 1_000_000n).toString().padStart(6, '0');
};

/** The number that both devices show. */
export const pairingNumber = (pairing: Pairing): string => matchNumber(pairingText(pairing));
