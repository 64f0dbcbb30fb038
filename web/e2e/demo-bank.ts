/** A small demo bank: people of every role, entered with one click, and a few hundred signed intents to look at. */
import { type ChildProcess, spawn } from 'node:child_process';
import { expect, type Page } from '@playwright/test';
import { binary, listen } from './bank';

const PORTS = ['--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0'];
const SMALL = { customers: 8, intents: 300 };

export type DemoRole = 'Customer' | 'Manager' | 'Auditor clerk' | 'Administrator';

/** The bank lets a person begin so many pairings in five minutes. */
const PAIRINGS_MAX = 5;

export class DemoBank {
  private readonly entered = new Map<DemoRole, number>();

  private constructor(
    private process: ChildProcess | null,
    /** Its door, with the ticket. */
    private address: string,
    private readonly size: typeof SMALL,
  ) {}

  static async start(size = SMALL): Promise<DemoBank> {
    // One that runs already, named by its address: for those who write tests.
    const running = process.env['STRONGROOM_E2E_DEMO'];
    if (running) return new DemoBank(null, running, size);
    const day = ['--customers', `${size.customers}`, '--intents', `${size.intents}`];
    const demo = spawn(binary(), ['demo', ...day, ...PORTS], { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await new Promise<string>((found, failed) => {
      const said = listen(demo, (line) => {
        const printed = /http:\/\/localhost:\d+\/demo#[0-9a-f]+/.exec(line);
        if (printed) found(printed[0]);
      });
      demo.once('exit', () => failed(new Error(`the demo ended: ${said.join('\n')}`)));
    });
    return new DemoBank(demo, address, size);
  }

  url(path: string): string {
    return new URL(path, this.address).href;
  }

  /** Its door. */
  get door(): string {
    return this.address;
  }

  /** Enters through the door, with keys that this browser makes, and goes to a page. `who`: which one of the role. */
  async enter(page: Page, role: DemoRole, path: string, who = ''): Promise<void> {
    const entered = this.entered.get(role) ?? 0;
    if (entered >= PAIRINGS_MAX && this.process) await this.renew();
    this.entered.set(role, (this.entered.get(role) ?? 0) + 1);
    await page.goto(this.address);
    await page
      .getByRole('button', { name: `Enter as ${role}` })
      .filter({ hasText: who })
      .first()
      .click();
    await expect(page.getByRole('button', { name: 'You and this session' })).toBeVisible({ timeout: 20_000 });
    await page.goto(this.url(path));
  }

  /** Another demo bank in the place of this one. */
  private async renew(): Promise<void> {
    await this.close();
    const { process, address } = await DemoBank.start(this.size);
    this.process = process;
    this.address = address;
    this.entered.clear();
  }

  async close(): Promise<void> {
    const demo = this.process;
    if (!demo || demo.exitCode !== null) return;
    const ended = new Promise((done) => demo.once('exit', done));
    demo.kill('SIGTERM');
    await ended;
  }
}
