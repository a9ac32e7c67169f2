import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { LogFields, Logger } from '../../application/ports/logger.js';

export interface LogOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly format: 'json' | 'text';
}

export class WinstonLogger implements Logger {
  private readonly winston: Winston;

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
    this.log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.log('error', message, fields);
  }

  /** By itself, winston writes out also what no transport takes. */
  private log(level: Exclude<LogOptions['level'], 'silent'>, message: string, fields?: LogFields): void {
    if (this.winston.isLevelEnabled(level)) this.winston.log(level, message, fields);
  }
}

/** Values are quoted as JSON, so nothing a client sent can forge a line or colour a terminal. */
const readable = format.printf(({ timestamp, level, message, ...fields }) => {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(timestamp).slice(11, 23)} ${level.padEnd(5)} ${String(message)}${rest.join('')}`;
});
