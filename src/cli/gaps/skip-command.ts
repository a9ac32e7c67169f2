import type { Command } from 'commander';
import {
  addExamples,
  keyOption,
  namedService,
  readInteger,
  serviceOption,
  type ServiceOptions,
} from '../arguments.js';
import { Failure } from '../failure.js';
import { counted, inThousands, numbersIn, type Output } from '../output.js';
import { explanation, objectIn, ServiceClient } from '../service-client.js';

interface SkipOptions {
  readonly from?: number;
  readonly to?: number;
  readonly upTo?: number;
  readonly why?: string;
  readonly json?: boolean;
}

const readNumber = readInteger(1);

export const registerSkip = (program: Command, output: Output): void => {
  const command = program
    .command('skip')
    .summary('give up what is missing')
    .description(
      'Gives up a gap that is known never to close: the first one of a rocket, named by its ends, or every one up to a ' +
        'number. The rocket is incomplete from then on, and its history says who skipped what, and why.',
    )
    .argument('<channel>', 'the rocket')
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--from <n>', 'the first number of the gap', readNumber)
    .option('--to <n>', 'the last number of the gap', readNumber)
    .option('--up-to <n>', 'instead: every gap up to this number', readNumber)
    .option('--why <text>', 'the reason, kept in the history')
    .option('--json', 'print the answer as JSON')
    .action(async (channel: string, { url, apiKey, ...options }: SkipOptions & ServiceOptions) => {
      const { from, to, upTo } = options;
      const isOne = from !== undefined && to !== undefined && upTo === undefined;
      const isAll = from === undefined && to === undefined && upTo !== undefined;
      if (!isOne && !isAll)
        command.error('error: name the gap with --from and --to, or how far to skip with --up-to');
      await skipGaps(new ServiceClient(namedService(url), apiKey), channel, options, output);
    });
  addExamples(command, [
    [
      'rockets skip 8a6e7887-064f-54fa-b5ee-fac02e0dc05c --from 4 --to 6 --why "the station was down"',
      'One gap',
    ],
    ['rockets skip 8a6e7887-064f-54fa-b5ee-fac02e0dc05c --up-to 90', 'Every gap up to message 90'],
  ]);
};

export const skipGaps = async (
  client: ServiceClient,
  channel: string,
  { json, ...wish }: SkipOptions,
  output: Output,
): Promise<void> => {
  const { ok, text } = await client.ask(`rockets/${encodeURIComponent(channel)}/gaps/skip`, wish);
  const skipped = objectIn(text);
  if (!ok || skipped === undefined) throw new Failure(`Nothing was skipped. ${explanation(text)}`);
  if (json === true) return output.out(text);
  const { gaps, numbers, version } = skipped;
  output.out(
    `Skipped ${numbersIn(skipped)} of ${channel}: ${counted(Number(numbers), 'message')} in ` +
      `${counted(Number(gaps), 'gap')}; the rocket is at version ${inThousands(Number(version))} now.`,
  );
};
