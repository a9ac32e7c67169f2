import type { Command } from 'commander';
import { addExamples, keyOption, namedService, serviceOption, type ServiceOptions } from '../arguments.js';
import { counted, inThousands, numbersIn, utcText, type Output } from '../output.js';
import { ServiceClient, type JsonObject } from '../service-client.js';

interface GapsOptions {
  readonly json?: boolean;
}

export const registerGaps = (program: Command, output: Output): void => {
  const command = program
    .command('gaps')
    .summary('list what is missing')
    .description(
      'Lists every range of numbers that has not been heard, of all rockets or of one: since when, how many messages ' +
        'that is, and how many wait right behind it.',
    )
    .argument('[channel]', 'one rocket only')
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--json', 'print each gap as one line of JSON')
    .action(
      async (channel: string | undefined, { url, apiKey, ...options }: GapsOptions & ServiceOptions) => {
        await listGaps(new ServiceClient(namedService(url), apiKey), channel, options, output);
      },
    );
  addExamples(command, [
    ['rockets gaps', 'Of all rockets'],
    ['rockets gaps 8a6e7887-064f-54fa-b5ee-fac02e0dc05c', 'Of one'],
  ]);
};

export const listGaps = async (
  client: ServiceClient,
  channel: string | undefined,
  { json }: GapsOptions,
  output: Output,
): Promise<void> => {
  const path = channel === undefined ? 'gaps' : `rockets/${encodeURIComponent(channel)}/gaps`;
  let [gaps, missing] = [0, 0];
  for await (const page of client.pages(`${path}?limit=1000`)) {
    for (const gap of page) {
      output.out(json === true ? JSON.stringify(gap) : gapLine(gap));
      gaps++;
      missing += Number(gap['count']);
    }
    await output.room();
  }
  if (json === true) return;
  output.out(
    gaps === 0 ? 'Nothing is missing.' : `${counted(gaps, 'gap')}, ${counted(missing, 'message')} missing.`,
  );
};

const gapLine = (gap: JsonObject): string => {
  const { since, channel, count, waiting } = gap;
  const figures = `${inThousands(Number(count))} missing, ${inThousands(Number(waiting))} waiting`;
  return `${utcText(since)}  ${String(channel)}  ${numbersIn(gap)}  ${figures}`;
};
