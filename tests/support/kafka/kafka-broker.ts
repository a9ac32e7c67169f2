import { spawn, type ChildProcess } from 'node:child_process';
import { kafkaProgram } from './kafka-program.js';

const UP_MS = 120_000;

/** The shell outlives this process, and Ctrl-C, just long enough to end the broker. */
const guard = `trap "" HUP INT TERM
"$0" "$@" 2>&1 & broker=$!
echo $broker >&2; exec >&- 2>&-
read _; kill -KILL $broker; wait $broker`;

/** A broker's process, which may begin and end any number of times. It ends when this process does, however that ends. */
export class KafkaBroker {
  private shell: ChildProcess | undefined;
  private pid = 0;
  private said = '';

  constructor(
    private readonly libraries: string,
    private readonly settingsFile: string,
  ) {}

  get isRunning(): boolean {
    return this.shell !== undefined;
  }

  /** Resolves once it is up: of several, once the most of them are. */
  async begin(): Promise<void> {
    if (this.shell !== undefined) throw new Error('this broker runs');
    const args = kafkaProgram(this.libraries, 256, 'kafka.Kafka', this.settingsFile);
    const shell = spawn('/bin/sh', ['-c', guard, 'java', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.shell = shell;
    this.said = '';
    shell.stdin.on('error', () => undefined);
    shell.stderr.on('data', (chunk: Buffer) => (this.pid = Number(chunk.toString())));
    const isUp = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), UP_MS);
      const decide = (answer: boolean): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      shell.stdout.on('data', (chunk: Buffer) => {
        this.said = (this.said + chunk.toString()).slice(-20_000);
        if (this.said.includes('Kafka Server started')) decide(true);
      });
      // The broker alone still holds it.
      shell.stdout.once('close', () => decide(false));
    });
    if (isUp) return;
    await this.kill();
    throw new Error(`no Kafka broker: ${this.said || `not up in ${UP_MS / 1000} s`}`);
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const { shell } = this;
    if (shell === undefined) return;
    this.shell = undefined;
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    shell.stdin!.end('\n');
    await ended;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.shell === undefined) throw new Error('this broker does not run');
    process.kill(this.pid, signal);
  }
}
