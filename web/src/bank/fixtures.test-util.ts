/** The known answers that the Rust crates write. */
import intentsJson from '../../fixtures/intents.json';
import protocolJson from '../../fixtures/protocol.json';
import { type Bytes, fromHex } from './bytes';

export const intents = intentsJson;
export const protocol = protocolJson;

/** Bytes of hex that are known to be hex. */
export const unhex = (text: string): Bytes => {
  const bytes = fromHex(text);
  if (!bytes) throw new Error('fixture is not hex');
  return bytes;
};
