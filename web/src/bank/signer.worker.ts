/** The worker of custody tier C: a seed is unwrapped here, signs, and is zeroed. Nothing else runs in it. */
import { signWithWrapped, type WrappedRequest } from './wrapped';

interface Scope {
  onmessage: ((event: MessageEvent<WrappedRequest>) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ signature: await signWithWrapped(data) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
