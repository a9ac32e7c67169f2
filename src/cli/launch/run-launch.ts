import { unreachable } from '../failure.js';
import { inThousands, type Output } from '../output.js';
import { serviceOf } from '../arguments.js';
import { ServiceClient } from '../service-client.js';
import { untilWorkedOff } from '../verify/until-worked-off.js';
import { Logbook, verifyRun } from '../verify/verify-run.js';
import type { DeliveryRules } from './delivery.js';
import { disturb, type Disorder } from './disorder.js';
import { flights } from './flight.js';
import { exitCodeOf, jsonReport, textReport, type LaunchResult } from './launch-report.js';
import { probe, type ConnectionManner } from './message-connection.js';
import { NdjsonSender } from './ndjson-sender.js';
import { PostSender } from './post-sender.js';
import { showProgress } from './progress.js';
import { RocketClock } from './rocket-clock.js';
import type { SentMessage } from './sent-message.js';
import { Tally } from './tally.js';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export interface LaunchOptions extends Disorder {
  readonly messageDelay: number;
  readonly concurrencyLevel: number;
  readonly maxMessages: number;
  readonly seed: number;
  readonly logLevel: (typeof logLevels)[number];
  readonly connection: ConnectionManner;
  readonly rockets: number;
  /** Share of messages that no rocket may send, beside the others. */
  readonly ruleBreaking: number;
  readonly rate?: number;
  readonly ndjson?: boolean;
  readonly verify?: boolean;
  readonly patience: number;
  readonly json?: boolean;
  readonly apiKey?: string;
}

/** Sends one run, verifies it when asked to, reports, and answers the exit code. */
export const runLaunch = async (
  url: URL,
  options: LaunchOptions,
  output: Output,
  interrupt: AbortSignal,
): Promise<number> => {
  await probe(url).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const chatty = options.logLevel === 'debug' || options.logLevel === 'info';
  if (chatty) output.err(announcement(url, options));
  const result = await send(url, options, chatty ? output : { ...output, err: () => undefined }, interrupt);
  output.out(options.json ? jsonReport(result) : textReport(result).join('\n'));
  return exitCodeOf(result, options.verify === true);
};

const send = async (
  url: URL,
  options: LaunchOptions,
  output: Output,
  interrupt: AbortSignal,
): Promise<LaunchResult> => {
  const logbook = new Logbook();
  const tally = new Tally();
  const made = new Made(options, options.verify ? logbook : undefined);
  const shipments = disturb(made.messages(), options, options.seed);
  const target = { url, manner: options.connection, apiKey: options.apiKey };
  const log = options.logLevel === 'debug' ? output.err : () => undefined;
  const Sender = options.ndjson ? NdjsonSender : PostSender;
  const sender = new Sender(shipments, target, deliveryRules(options), tally, log);

  const expected = Math.round(options.maxMessages * (1 + options.duplicates + options.malformed));
  const stopProgress =
    options.logLevel === 'warn' || options.logLevel === 'error'
      ? undefined
      : showProgress(tally, expected, output);
  const ending = await sender.run(interrupt);
  tally.end();
  stopProgress?.();
  const { seed, ndjson = false } = options;
  const run = { url: url.href, seed, ndjson, ending, messages: made.count, rockets: made.rockets, tally };
  if (options.verify !== true || ending !== 'complete') return run;

  const client = new ServiceClient(serviceOf(url), options.apiKey);
  const workedOff = await workOff(client, logbook, tally, options.patience, output, interrupt);
  if (workedOff?.how === 'interrupted') return { ...run, ending: 'interrupted' };
  output.err('Comparing every rocket and its history with what was sent …');
  return { ...run, ...(workedOff && { workedOff }), verdicts: await verifyRun(client, logbook) };
};

/** Undefined when the service answered what became of each message at once. */
const workOff = async (
  client: ServiceClient,
  logbook: Logbook,
  tally: Tally,
  patienceMs: number,
  output: Output,
  interrupt: AbortSignal,
): Promise<LaunchResult['workedOff']> => {
  if (!tally.outcomes.has('queued')) return undefined;
  output.err('Waiting until the service has worked off what it queued …');
  const began = performance.now();
  const how = await untilWorkedOff(client, logbook, patienceMs, interrupt);
  return { how, seconds: (performance.now() - began) / 1000 };
};

const deliveryRules = (options: LaunchOptions): DeliveryRules => ({
  concurrency: options.concurrencyLevel,
  delayMs: options.messageDelay,
  perSecond: options.rate,
  patient: options.verify === true,
  patienceMs: options.patience,
});

const announcement = (
  url: URL,
  { maxMessages, rockets, seed, concurrencyLevel, ndjson }: LaunchOptions,
): string => {
  const how = ndjson ? 'batches' : 'messages';
  return `Launching ${inThousands(rockets)} rockets at ${url.href}: ${inThousands(maxMessages)} messages, seed ${seed}, ${concurrencyLevel} ${how} at a time`;
};

/** The messages of a run, stamped with the time as they are made, and counted. */
class Made {
  count = 0;
  private readonly channels = new Set<string>();

  constructor(
    private readonly options: LaunchOptions,
    private readonly logbook: Logbook | undefined,
  ) {}

  get rockets(): number {
    return this.channels.size;
  }

  *messages(): Generator<SentMessage> {
    const clock = new RocketClock();
    const { seed, rockets, maxMessages, ruleBreaking } = this.options;
    for (const report of flights(seed, rockets, maxMessages, ruleBreaking)) {
      this.count++;
      if (report.number === 1) this.channels.add(report.channel);
      const message = { ...report, time: clock.now(), accepted: false };
      this.logbook?.add(message);
      yield message;
    }
  }
}
