/**
 * A real bank for the tests: founded and served by the built binary, with a private PostgreSQL in a folder that goes with
 * it. One for the whole run; a test that stops the server starts one of its own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export type StaffRole = 'manager' | 'auditor_clerk' | 'system_admin';

/** What other processes need to deal with a bank that runs. */
export interface BankFacts {
  folder: string;
  port: number;
  tlsPort: number;
  origin: string;
}

const PASSPHRASE = 'a bank of the tests';
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;

export const binary = (): string => {
  const named = resolve(
    process.env['STRONGROOM_BIN'] ?? join(import.meta.dirname, '../../target/debug/strongroom'),
  );
  if (!existsSync(named)) {
    throw new Error(
      `${named} is not there: run \`cargo build --bin strongroom\`, or name one with STRONGROOM_BIN`,
    );
  }
  return named;
};

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** What a server says on its standard error, so far; what it calls an error is told at once, among the results of the tests. */
export function listen(server: ChildProcess, heard: (line: string) => void = () => {}): string[] {
  const said: string[] = [];
  if (server.stderr) {
    createInterface({ input: server.stderr }).on('line', (line) => {
      said.push(line);
      heard(line);
      if (/ERROR/.test(line)) process.stderr.write(`the server: ${line}\n`);
    });
  }
  return said;
}

/** Deals with a running bank by its folder: runs the command line as its people. */
export class BankHandle {
  constructor(readonly facts: BankFacts) {}

  get origin(): string {
    return this.facts.origin;
  }

  /** Its trust file, for `strongroom receipt verify`. */
  get trustFile(): string {
    return join(this.facts.folder, 'bank.json');
  }

  /** Runs a command as `person`, whose keys are in a folder of their own. Answers what it prints. */
  cli(person: string, ...args: string[]): string {
    const home = join(this.facts.folder, 'people', person);
    mkdirSync(home, { recursive: true });
    return execFileSync(binary(), [...args, '--no-input'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, STRONGROOM_HOME: home, STRONGROOM_PASSPHRASE: PASSPHRASE },
    });
  }

  /** The same, with its JSON read. */
  json<T>(person: string, ...args: string[]): T {
    return JSON.parse(this.cli(person, ...args, '-o', 'json')) as T;
  }

  /** Enrols a customer on the command line, with an account in euros. Answers its number. */
  customer(person: string, name: string, euros: string): string {
    this.cli(
      person,
      'enrol',
      '--server',
      this.plain,
      '--trust',
      this.trustFile,
      '--name',
      name,
      '--email',
      `${person}@customers.example`,
    );
    this.cli(person, 'accounts', 'open', 'EUR');
    const [account] = this.json<{ number: string }[]>(person, 'accounts', 'list');
    if (!account) throw new Error('no account was opened');
    if (euros !== '0') this.cli('manager', 'fund', account.number, `${euros} EUR`);
    return account.number;
  }

  /** Programs come by the address; browsers by the name. */
  get plain(): string {
    return `http://127.0.0.1:${this.facts.port}`;
  }
}

/** A bank whose server this process started. */
export class Bank extends BankHandle {
  private server: ChildProcess | null = null;

  private constructor(
    facts: BankFacts,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    super(facts);
  }

  /** Founds a bank, opens it, and enrols its staff on the command line. */
  static async start(settings: Record<string, string> = {}): Promise<Bank> {
    const folder = mkdtempSync(
      join(process.env['STRONGROOM_E2E_DIR'] ?? largeTemporary(), 'strongroom-web-'),
    );
    // Run by root the database has an account of its own, which must be able to pass through.
    chmodSync(folder, 0o711);
    const [port, tlsPort] = [await freePort(), await freePort()];
    const origin = `http://localhost:${port}`;
    const env = {
      ...process.env,
      DATABASE_URL: '',
      STRONGROOM_DATA_DIR: join(folder, 'data'),
      STRONGROOM_LISTEN: `127.0.0.1:${port}`,
      STRONGROOM_TLS_LISTEN: `127.0.0.1:${tlsPort}`,
      STRONGROOM_ORIGIN: origin,
      STRONGROOM_PASSPHRASE: PASSPHRASE,
      // All browsers of the run come from one address.
      STRONGROOM_RATE_LIMITS: 'off',
      ...settings,
    };
    const bank = new Bank({ folder, port, tlsPort, origin }, env);
    const founded = execFileSync(
      binary(),
      ['found', '--bank', 'testbank', '--name', 'Test Bank', '--no-input', '-o', 'json'],
      { encoding: 'utf8', env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    writeFileSync(join(folder, 'invitations.json'), founded, { mode: 0o600 });
    await bank.open();
    for (const { role, invitation } of invitations(folder)) {
      const file = join(folder, `${role}.invitation`);
      writeFileSync(file, invitation, { mode: 0o600 });
      bank.cli(role, 'enrol', '--server', bank.plain, '--trust', bank.trustFile, '--invitation-file', file);
    }
    return bank;
  }

  /** Opens the doors; again after `stop`. */
  async open(): Promise<void> {
    const server = spawn(binary(), ['serve', '--no-input'], {
      env: this.env,
      cwd: this.facts.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = listen(server);
    this.server = server;
    const end = Date.now() + PATIENCE_MS;
    while (Date.now() < end) {
      if (server.exitCode !== null) throw new Error(`the server ended: ${said.join('\n')}`);
      const ready = await fetch(`${this.plain}/health/ready`).catch(() => null);
      if (ready?.ok) return;
      await pause(LOOK_MS);
    }
    throw new Error(`the server did not open: ${said.join('\n')}`);
  }

  /** Stops the server in order, or as a power cut would; the database and all that was committed stay. */
  async stop(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const server = this.server;
    if (!server || server.exitCode !== null) return;
    const ended = new Promise((done) => server.once('exit', done));
    server.kill(how);
    await ended;
    this.server = null;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.facts.folder, { recursive: true, force: true });
  }
}

/** Not in memory where that is small; and a place that the database's own account may enter. */
const largeTemporary = (): string => (existsSync('/var/tmp') ? '/var/tmp' : tmpdir());

function invitations(folder: string): { role: StaffRole; invitation: string }[] {
  const told = JSON.parse(readFileSync(join(folder, 'invitations.json'), 'utf8')) as
    | { role: StaffRole; invitation: string }[]
    | { invitations: { role: StaffRole; invitation: string }[] };
  return Array.isArray(told) ? told : told.invitations;
}
