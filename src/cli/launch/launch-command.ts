import { Option, type Command } from 'commander';
import {
  addExamples,
  keyOption,
  namedService,
  readDuration,
  readInteger,
  readMessagesUrl,
  readPace,
  readShare,
  readWindow,
  serviceOption,
  type ServiceOptions,
} from '../arguments.js';
import type { Output } from '../output.js';
import { connectionManners } from './message-connection.js';
import { logLevels, runLaunch, type LaunchOptions } from './run-launch.js';

const MANNERS = `
How it behaves:
  Without --verify this is the official test program: every 4xx, 5xx and broken connection is tried again each 500 ms,
  no reply within 10 s counts as none, and what still waits for a retry when the last message was made is dropped,
  which is reported but ends with 0. Malformed messages are the exception: they are sent once.
  With --verify a 4xx is an answer, and the run waits until everything else was taken, or for --patience; where messages
  are only queued (Kafka), also until they are worked off, or nothing of them is for --patience.
  The same seed makes the same messages, whatever the other options; only their times differ, and their numbers where
  --rule-breaking puts others between them. Those have to be refused, each for its rule, and --verify looks for that.

Exit code: 0 done (with --verify: every rocket exact), 1 not so, 130 interrupted.`;

export const registerLaunch = (program: Command, output: Output, interrupt: () => AbortSignal): void => {
  const command = program
    .command('launch')
    .summary('send what rockets report, as the official test program does, and verify the result')
    .description(
      'Sends the reports of simulated rockets to a service, as the official test program does, with as much disorder ' +
        'as you like; with --verify it then compares every rocket and its history with what was sent.',
    )
    .argument(
      '[url]',
      'where to post, as http://localhost:8088/messages; or name the service',
      readMessagesUrl,
    )
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--message-delay <duration>', 'pause between two messages, as 500ms', readDuration, 0)
    .option('--concurrency-level <n>', 'requests under way at a time', readInteger(1, 10_000), 3)
    .option('--max-messages <n>', 'messages to make', readInteger(1), 100_000)
    .option('--seed <n>', 'decides every message and every fault', readInteger(0), 444)
    .addOption(
      new Option('--log-level <level>', 'debug tells each retry, warn and error no progress')
        .choices(logLevels)
        .default('info'),
    )
    .addOption(
      new Option('--connection <manner>', 'official: used again only after an empty reply')
        .choices(connectionManners)
        .default('official'),
    )
    .optionsGroup('Disorder:')
    .option('--rockets <n>', 'rockets in the air', readInteger(1, 10_000_000), 20)
    .option('--shuffle <window>', 'draw each message from the next so many, or from all', readWindow, 0)
    .option('--duplicates <rate>', 'share of messages that arrive twice', readShare, 0)
    .option('--loss <rate>', 'share withheld until everything else was sent', readShare, 0)
    .option('--rule-breaking <rate>', 'share of messages that break a rule, beside the others', readShare, 0)
    .option('--malformed <rate>', 'share of which a damaged copy is sent before', readShare, 0)
    .optionsGroup('Sending:')
    .option('--ndjson', 'send batches of lines instead of single messages')
    .option('--rate <n/s>', 'messages per second, on average', readPace)
    .optionsGroup('Result:')
    .option('--verify', 'compare the service with what was sent')
    .addOption(
      new Option('--patience <duration>', 'with --verify or --ndjson: give up after no success for so long')
        .argParser(readDuration)
        .default(30_000, '30s'),
    )
    .option('--json', 'report as JSON')
    .addHelpText('after', MANNERS)
    .action(async (target: URL | undefined, { url, ...options }: LaunchOptions & ServiceOptions) => {
      const service = namedService(url, target);
      const messages = target ?? new URL('messages', service);
      process.exitCode = await runLaunch(messages, options, output, interrupt());
    });
  addExamples(command, [
    [
      'rockets launch http://localhost:8088/messages',
      'The default run of the official program: 100,000 messages of 20 rockets',
    ],
    ['rockets launch --message-delay=500ms --concurrency-level=1', 'Slow enough to watch'],
    [
      'rockets launch --shuffle=all --duplicates=0.2 --loss=0.05 --seed=2 --verify',
      'The worst radio, proved exact',
    ],
    ['rockets launch --rule-breaking=0.02 --duplicates=0.1 --loss=0.01', 'Something on every page'],
    ['rockets launch --ndjson --max-messages=1000000 --rockets=1000 --verify', 'A million messages, in bulk'],
  ]);
};
