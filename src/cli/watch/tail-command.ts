import type { Command } from 'commander';
import {
  addExamples,
  keyOption,
  namedService,
  readServiceUrl,
  serviceOption,
  type ServiceOptions,
} from '../arguments.js';
import type { Output } from '../output.js';
import { ServiceClient } from '../service-client.js';
import { Tail, type TailOptions } from './tail.js';

export const registerTail = (program: Command, output: Output, interrupt: () => AbortSignal): void => {
  const command = program
    .command('tail')
    .summary('print what rockets report, as it is stored')
    .description(
      'Prints the live feed of events, with their times in UTC. It survives a restart of the service: it goes on where it stopped.',
    )
    .argument('[url]', 'the service; or name it with --url', readServiceUrl)
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--channel <channel>', 'one rocket only')
    .option('--type <type>', 'one type of event only, as RocketExploded or MessageRefused')
    .option('--after <position>', 'start after this event; or "start", or "latest"', 'latest')
    .option('--json', 'print each event as one line of JSON')
    .action(async (service: URL | undefined, { url, apiKey, ...options }: TailOptions & ServiceOptions) => {
      const client = new ServiceClient(namedService(url, service), apiKey);
      await new Tail(client, options, output, interrupt()).run();
      process.exitCode = 130;
    });
  addExamples(command, [
    ['rockets tail', 'Everything from now on'],
    ['rockets tail --type=RocketExploded --after=start', 'All explosions so far, and those to come'],
    ['rockets tail --url http://localhost:8089 --json | jq .data', 'Of another service, for another program'],
  ]);
};
