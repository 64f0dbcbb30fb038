import { base64url, hex, random, utf8, uuid7 } from './bytes';
import { INVITATION } from './enrol';
import { sha3 } from './hash';
import type { Role } from './kinds';

const TOKEN_LENGTH = 32;

export interface NewInvitation {
  readonly user: string;
  /** What the signed invitation says of the token: its digest. */
  readonly registration: string;
  /** The one word to hand over. Whoever has it may enrol once the invitation is approved. */
  readonly word: string;
}

/** A fresh invitation: its token is made here, and only its digest is told to the bank. */
export const newInvitation = (role: Role, name: string): NewInvitation => {
  const token = random(TOKEN_LENGTH);
  const user = uuid7();
  const told = { user, role, name, token: base64url(token) };
  return {
    user,
    registration: hex(sha3(token)),
    word: `${INVITATION}${base64url(utf8(JSON.stringify(told)))}`,
  };
};
