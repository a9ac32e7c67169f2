import { createLogger, format, transports, type Logger as Winston } from 'winston';
import { RepeatedLines } from './repeated-lines.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';

export interface LogOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly format: 'json' | 'text';
}

export class WinstonLogger implements Logger {
  private readonly winston: Winston;
  private readonly repeated = new RepeatedLines((text, more, seconds) =>
    this.write('warn', `${text}: and ${more.toLocaleString('en')} more in ${seconds} s`),
  );

  constructor(options: LogOptions) {
    this.winston = createLogger({
      level: options.level === 'silent' ? 'error' : options.level,
      silent: options.level === 'silent',
      format: format.combine(format.timestamp(), options.format === 'json' ? format.json() : readable),
      // Everything to stderr: stdout belongs to what a command was asked to print.
      transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
    });
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  /** What clients can bring about is warned of; operators' acts are all told. */
  warn(message: string, fields?: LogFields): void {
    if (this.repeated.tells(message)) this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.repeated.tells(message)) this.write('error', message, fields);
  }

  get lost(): number {
    return lostLines;
  }

  private write(level: Exclude<LogOptions['level'], 'silent'>, message: string, fields?: LogFields): void {
    // By itself, winston writes out also what no transport takes.
    if (!this.winston.isLevelEnabled(level)) return;
    try {
      this.winston.log(level, message, fields);
    } catch {
      lostLines++;
    }
  }
}

/** A pipe that nobody reads any more, or a full disk behind the log, is no reason to end: messages go on being taken. */
export const outliveLog = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => lostLines++);
};

let lostLines = 0;

/** Values are quoted as JSON, so nothing a client sent can forge a line or colour a terminal. */
const readable = format.printf(({ timestamp, level, message, ...fields }) => {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(timestamp).slice(11, 23)} ${level.padEnd(5)} ${String(message)}${rest.join('')}`;
});
