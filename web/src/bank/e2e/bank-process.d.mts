export interface RunningBank {
  readonly origin: string;
  /** What `strongroom found -o json` printed. */
  readonly invitations: unknown;
  readonly trustFile: string;
  run(...given: string[]): { status: number; stdout: string; stderr: string };
  write(name: string, text: string): string;
  stop(): Promise<void>;
}

/** The binary of the environment, if there is one. */
export declare const binary: () => string | undefined;

/** Founds and serves a bank with a private PostgreSQL. */
export declare const startBank: () => Promise<RunningBank>;
