import type { Command } from 'commander';
import { keyOption, namedService, serviceOption, type ServiceOptions } from '../arguments.js';
import { Failure } from '../failure.js';
import { explanation, objectIn, ServiceClient, type Answer, type JsonObject } from '../service-client.js';

/** A command that talks to the service, and can print what it answers. */
export const onService = (command: Command): Command =>
  command
    .addOption(serviceOption())
    .addOption(keyOption())
    .option('--json', 'print what the service answers as JSON');

export interface Asked extends ServiceOptions {
  readonly json?: boolean;
}

export const clientOf = ({ url, apiKey }: ServiceOptions): ServiceClient =>
  new ServiceClient(namedService(url), apiKey);

/** What the service says of one subscription. */
export const pathOf = (name: string, ...more: readonly string[]): string =>
  ['subscriptions', encodeURIComponent(name), ...more].join('/');

/** The object that is answered, and its text; `otherwise` begins the sentence of what failed. */
export const ask = async (
  asked: Asked,
  path: string,
  otherwise: string,
  body?: object,
  method?: 'PATCH',
): Promise<{ readonly told: JsonObject; readonly text: string }> => {
  const answer = await clientOf(asked).ask(path, body, method);
  requireOk(answer, otherwise);
  const told = objectIn(answer.text);
  if (told === undefined)
    throw new Failure(`${answer.url} did not answer JSON: ${answer.text.slice(0, 100)}`);
  return { told, text: answer.text };
};

export const requireOk = ({ ok, text }: Answer, otherwise: string): void => {
  if (!ok) throw new Failure(`${otherwise} ${explanation(text)}`);
};
