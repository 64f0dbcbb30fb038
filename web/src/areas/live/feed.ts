import type { Schemas } from '../../api/client';

/** One second of the bank, as it has counted it. */
export type Sample = Schemas['Sample'];

export const KEPT = 300;
/** Who hears nothing for so long shows it. */
export const SILENCE_MS = 15_000;
const STREAM = '/api/security/live';
const LOCK = 'strongroom-live';
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000];

export type Status = 'connecting' | 'live' | 'lost' | 'refused';
export interface FeedState {
  status: Status;
  samples: readonly Sample[];
  error?: unknown;
}

/** What tabs of one browser tell each other: only one of them listens to the bank. */
type Told =
  | { type: 'hello' }
  | { type: 'history'; samples: readonly Sample[]; status: Status }
  | { type: 'sample'; sample: Sample }
  | { type: 'status'; status: Status };

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Events of a stream (HTML Living Standard, 9.2.6): type and data; comments and ids are passed over. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const lines = part.split('\n');
        const of = (name: string) =>
          lines
            .filter((line) => line.startsWith(`${name}:`))
            .map((line) => line.slice(name.length + 1).trim());
        const data = of('data').join('\n');
        if (data) yield { event: of('event')[0] ?? 'message', data };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });

/**
 * The live figures in this browser. One tab holds a lock and listens; the others hear it from that tab, and the next of
 * them listens when it closes.
 */
export class Feed {
  #state: FeedState = { status: 'connecting', samples: [] };
  #listeners = new Set<() => void>();
  #stop = new AbortController();
  #channel: BroadcastChannel;
  #leads = false;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    name: string,
    private readonly fetch: Fetch,
    private readonly problem: (response: Response) => Promise<unknown>,
  ) {
    // Nothing of what one session saw is told to the next.
    this.#channel = new BroadcastChannel(`${LOCK}/${name}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
    this.#tell({ type: 'hello' });
    void this.#follow(`${LOCK}/${name}`);
  }

  readonly subscribe = (changed: () => void) => {
    this.#listeners.add(changed);
    return () => {
      this.#listeners.delete(changed);
    };
  };
  readonly current = (): FeedState => this.#state;

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#silence);
    this.#channel.close();
  }

  async #follow(lock: string): Promise<void> {
    const { signal } = this.#stop;
    try {
      await navigator.locks.request(lock, { signal }, () => this.#lead());
    } catch (error) {
      if (!signal.aborted) this.#become({ ...this.#state, status: 'lost', error });
    }
  }

  async #lead(): Promise<void> {
    this.#leads = true;
    const { signal } = this.#stop;
    for (let failed = 0; !signal.aborted; failed += 1) {
      try {
        const response = await this.fetch(STREAM, { signal });
        if (!response.ok || !response.body) {
          const error = await this.problem(response);
          const isRefused = response.status === 401 || response.status === 403;
          this.#become({ ...this.#state, status: isRefused ? 'refused' : 'lost', error });
          if (isRefused) return;
        } else {
          for await (const { event, data } of readEvents(response.body)) {
            failed = -1;
            if (event === 'history') this.#replace(JSON.parse(data) as Sample[]);
            else if (event === 'sample') this.#add(JSON.parse(data) as Sample, true);
          }
          if (!signal.aborted) this.#become({ ...this.#state, status: 'lost' });
        }
      } catch (error) {
        if (!signal.aborted) this.#become({ ...this.#state, status: 'lost', error });
      }
      await pause(AGAIN_MS[Math.max(0, Math.min(failed, AGAIN_MS.length - 1))] ?? 10_000, signal);
    }
  }

  #hear(told: Told): void {
    if (told.type === 'hello') {
      if (this.#leads)
        this.#tell({ type: 'history', samples: this.#state.samples, status: this.#state.status });
    } else if (!this.#leads) {
      if (told.type === 'history') this.#become({ status: told.status, samples: told.samples }, false);
      else if (told.type === 'sample') this.#add(told.sample, false);
      else this.#become({ ...this.#state, status: told.status }, false);
      this.#listen();
    }
  }

  #replace(samples: readonly Sample[]): void {
    this.#become({ status: 'live', samples: samples.slice(-KEPT) }, false);
    this.#tell({ type: 'history', samples: this.#state.samples, status: 'live' });
    this.#listen();
  }

  #add(sample: Sample, tell: boolean): void {
    this.#become({ status: 'live', samples: [...this.#state.samples, sample].slice(-KEPT) }, false);
    if (tell) this.#tell({ type: 'sample', sample });
    this.#listen();
  }

  /** Shows when nothing has come for too long, whoever should have told it. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#become({ ...this.#state, status: 'lost' }, false), SILENCE_MS);
  }

  #tell(told: Told): void {
    if (!this.#stop.signal.aborted) this.#channel.postMessage(told);
  }

  #become(state: FeedState, tell = true): void {
    this.#state = state;
    if (tell && this.#leads) this.#tell({ type: 'status', status: state.status });
    for (const changed of this.#listeners) changed();
  }
}
