import type { Kind } from '../../bank';
import { intents } from '../../text/en/intents';

/** The name of a kind of intent or event, as people say it. */
export const kindName = (kind: string): string =>
  intents.kinds[kind as Kind] ?? intents.events[kind as keyof typeof intents.events] ?? kind;
