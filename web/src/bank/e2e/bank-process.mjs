/** A real bank for a test: founded, served on a free port, ended. For Node only. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = () => process.env.STRONGROOM_BIN;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export const startBank = async () => {
  const path = binary();
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-console-'));
  // The private PostgreSQL may run as another account, which must get in.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = {
    ...process.env,
    STRONGROOM_PASSPHRASE: 'correct horse battery',
    STRONGROOM_DATA_DIR: join(folder, 'bank'),
    STRONGROOM_LISTEN: `127.0.0.1:${port}`,
    STRONGROOM_TLS_LISTEN: '127.0.0.1:0',
    STRONGROOM_ORIGIN: origin,
    STRONGROOM_RATE_LIMITS: 'off',
    STRONGROOM_PROFILE: 'development',
  };
  const run = (...given) => {
    const done = spawnSync(path, given, { env, cwd: folder, encoding: 'utf8' });
    return { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
  };
  const founded = run('found', '--bank', 'testbank', '--name', 'Test Bank', '-o', 'json', '--no-input');
  if (founded.status !== 0) throw new Error(`the bank was not founded: ${founded.stderr}`);
  const child = spawn(path, ['serve', '--no-input'], { env, cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(`${origin}/health/ready`).catch(() => undefined);
    if (answer?.ok) break;
    if (attempt > 300 || child.exitCode !== null) {
      await stop();
      throw new Error(`the bank did not come up: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const write = (name, text) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  return {
    origin,
    invitations: JSON.parse(founded.stdout),
    run,
    write,
    stop,
    trustFile: join(folder, 'bank.json'),
  };
};
