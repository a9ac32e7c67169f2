import type { Command } from 'commander';
import { addExamples, readServiceUrl } from '../arguments.js';
import { interruptSignal } from '../interrupt.js';
import { processOutput } from '../output.js';
import { ServiceClient } from '../service-client.js';
import { Tail, type TailOptions } from './tail.js';

export const registerTail = (program: Command): void => {
  const command = program
    .command('tail')
    .summary('print what rockets report, as it is stored')
    .description(
      'Prints the live feed of events. It survives a restart of the service: it goes on where it stopped.',
    )
    .argument('<url>', 'the service, as http://localhost:8088', readServiceUrl)
    .option('--channel <channel>', 'one rocket only')
    .option('--type <type>', 'one type of event only, as RocketExploded or MessageRefused')
    .option('--after <position>', 'start after this event; or "start", or "latest"', 'latest')
    .option('--api-key <key>', 'sent as a bearer token')
    .option('--json', 'print each event as one line of JSON', false)
    .action(async (url: URL, options: TailOptions & { apiKey?: string }) => {
      const interrupt = interruptSignal();
      await new Tail(new ServiceClient(url, options.apiKey), options, processOutput, interrupt).run();
      process.exitCode = 130;
    });
  addExamples(command, [
    ['rockets tail http://localhost:8088', 'Everything from now on'],
    [
      'rockets tail localhost:8088 --type=RocketExploded --after=start',
      'All explosions so far, and those to come',
    ],
    ['rockets tail localhost:8088 --json | jq .data', 'For another program'],
  ]);
};
