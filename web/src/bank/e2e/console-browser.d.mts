export interface RunningBrowser {
  /** Reports of the page's policy. */
  readonly violations: readonly string[];
  /** Bodies of all requests. */
  readonly posts: readonly string[];
  run(body: string, given?: unknown): Promise<unknown>;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** The Chromium of the environment, if there is one. */
export declare const browser: () => string | undefined;

/** Opens a page with the library, which reaches the bank at its own origin. */
export declare const startBrowser: (bankOrigin: string, isNative: boolean) => Promise<RunningBrowser>;
