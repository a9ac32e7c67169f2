import type { Command } from 'commander';
import { addExamples } from '../arguments.js';
import { Failure } from '../failure.js';
import { counted, type Output } from '../output.js';
import { registerParked } from './parked-commands.js';
import { sinkOf, withSink, type SinkOptions } from './sink-options.js';
import { ask, clientOf, onService, pathOf, requireOk, type Asked } from './subscription-client.js';
import { sinkIn, subscriptionLine, subscriptionLines } from './subscription-text.js';

/** What operators do with subscriptions. */
export const registerSubscriptions = (program: Command, output: Output): void => {
  const subscriptions = program
    .command('subscriptions')
    .summary('have events sent elsewhere')
    .description(
      'Makes and looks after subscriptions: what sends events on, by webhook or into a topic of Kafka.',
    );
  registerAdd(subscriptions, output);
  registerLooks(subscriptions, output);
  registerStates(subscriptions, output);
  registerChange(subscriptions, output);
  registerActs(subscriptions, output);
  registerParked(subscriptions, output);
  registerRemove(subscriptions, output);
};

interface AddOptions extends Asked, SinkOptions {
  readonly from?: string;
  readonly secret?: string;
}

const registerAdd = (subscriptions: Command, output: Output): void => {
  const add = withSink(onService(subscriptions.command('add')))
    .summary('make one')
    .description(
      'Makes a subscription, which runs at once, and prints the secret of a webhook, which is shown this once.',
    )
    .argument('<name>', 'what it is called')
    .argument('[url]', 'the receiver of a webhook')
    .option('--from <position>', 'start, now, or behind this position (default: now)')
    .option('--secret <secret>', 'the secret to sign with, which others can see in the list of processes')
    .action(async (name: string, receiver: string | undefined, options: AddOptions) => {
      const sink = sinkOf(add, receiver, options);
      if (sink === undefined) add.error('error: say where to: a URL, or --topic');
      const { type: types, channel: channels, from, secret, json } = options;
      const body = { name, types, channels, from, sink, secret };
      const { told, text } = await ask(options, 'subscriptions', 'Nothing was made.', body);
      if (json === true) return output.out(text);
      output.err(`${name} runs: it sends to ${sinkIn(told)}.`);
      if (told['secret'] !== undefined) tellSecret(String(told['secret']), output);
    });
  addExamples(add, [
    ['rockets subscriptions add billing https://billing.example/rockets --type RocketLaunched', 'By webhook'],
    [
      'rockets subscriptions add lake --topic rockets.events --from start',
      'All there is, into a topic of Kafka',
    ],
  ]);
};

const registerLooks = (subscriptions: Command, output: Output): void => {
  onService(subscriptions.command('list'))
    .summary('tell which there are, and how they are')
    .description('Tells each subscription, how far it has come, and what it waits for.')
    .action(async (asked: Asked) => {
      let count = 0;
      for await (const page of clientOf(asked).pages('subscriptions?limit=100')) {
        for (const one of page) output.out(asked.json === true ? JSON.stringify(one) : subscriptionLine(one));
        count += page.length;
        await output.room();
      }
      if (asked.json !== true) output.err(counted(count, 'subscription'));
    });

  onService(subscriptions.command('show'))
    .summary('tell all of one')
    .description('Tells all that is known of a subscription.')
    .argument('<name>', 'what it is called')
    .action(async (name: string, asked: Asked) => {
      const { told, text } = await ask(asked, pathOf(name), 'Nothing to show.');
      if (asked.json === true) output.out(text);
      else for (const line of subscriptionLines(told)) output.out(line);
    });
};

const registerStates = (subscriptions: Command, output: Output): void => {
  for (const [act, state, summary] of [
    ['pause', 'paused', 'let it send nothing for now'],
    ['resume', 'running', 'let it go on where it was'],
  ] as const) {
    onService(subscriptions.command(act))
      .summary(summary)
      .description(`Says of a subscription: ${summary}.`)
      .argument('<name>', 'what it is called')
      .action(async (name: string, asked: Asked) => {
        const { told, text } = await ask(asked, pathOf(name), 'Nothing was changed.', { state }, 'PATCH');
        output.out(asked.json === true ? text : subscriptionLine(told));
      });
  }
};

interface ChangeOptions extends Asked, SinkOptions {
  readonly allTypes?: boolean;
  readonly allChannels?: boolean;
}

const registerChange = (subscriptions: Command, output: Output): void => {
  const change = withSink(onService(subscriptions.command('change')))
    .summary('send elsewhere, or other events')
    .description(
      'Changes where a subscription sends to, or which events; in force for what is not delivered yet.',
    )
    .argument('<name>', 'what it is called')
    .argument('[url]', 'another receiver')
    .option('--all-types', 'events of any type')
    .option('--all-channels', 'events of any rocket')
    .action(async (name: string, receiver: string | undefined, options: ChangeOptions) => {
      const { allTypes, allChannels, json } = options;
      const types = allTypes === true ? null : options.type;
      const channels = allChannels === true ? null : options.channel;
      const sink = sinkOf(change, receiver, options);
      if (types === undefined && channels === undefined && sink === undefined)
        change.error(
          'error: say what to change: a URL, --topic, --type, --channel, --all-types or --all-channels',
        );
      const wish = { types, channels, sink };
      const { told, text } = await ask(options, pathOf(name), 'Nothing was changed.', wish, 'PATCH');
      output.out(json === true ? text : subscriptionLine(told));
    });
  addExamples(change, [
    ['rockets subscriptions change billing --type RocketExploded --all-channels', 'Other events'],
  ]);
};

const registerActs = (subscriptions: Command, output: Output): void => {
  onService(subscriptions.command('secret'))
    .summary('make another secret')
    .description(
      'Signs with another secret, printed this once. The one before it signs as well for 24 hours.',
    )
    .argument('<name>', 'what it is called')
    .option('--secret <secret>', 'this one, which others can see in the list of processes')
    .action(async (name: string, { secret, ...asked }: Asked & { readonly secret?: string }) => {
      const { told, text } = await ask(asked, pathOf(name, 'secret'), 'Nothing was changed.', { secret });
      if (asked.json === true) output.out(text);
      else tellSecret(String(told['secret']), output);
    });

  onService(subscriptions.command('test'))
    .summary('send one event that is marked as a test')
    .description(
      'Sends one event that stands in no history, at once. Ends with 1 unless the receiver takes it.',
    )
    .argument('<name>', 'what it is called')
    .action(async (name: string, asked: Asked) => {
      const { told, text } = await ask(asked, pathOf(name, 'test'), 'Nothing was sent.', {});
      if (asked.json === true) output.out(text);
      if (told['delivered'] !== true)
        throw new Failure(`The receiver did not take it: ${String(told['what'])}`);
      if (asked.json !== true) output.out('The receiver took it.');
    });

  const replay = onService(subscriptions.command('replay'))
    .summary('tell all behind a position once more')
    .description('Begins again behind a position. What is parked behind it is told again with it.')
    .argument('<name>', 'what it is called')
    .requiredOption('--from <position>', 'start, now, or behind this position')
    .action(async (name: string, { from, ...asked }: Asked & { readonly from: string }) => {
      const { told, text } = await ask(asked, pathOf(name, 'replay'), 'Nothing was changed.', { from });
      output.out(asked.json === true ? text : subscriptionLine(told));
    });
  addExamples(replay, [['rockets subscriptions replay billing --from start', 'Everything once more']]);
};

const registerRemove = (subscriptions: Command, output: Output): void => {
  onService(subscriptions.command('remove'))
    .summary('end one')
    .description('Removes a subscription with all that is parked; what was delivered stays where it is.')
    .argument('<name>', 'what it is called')
    .action(async (name: string, asked: Asked) => {
      requireOk(await clientOf(asked).ask(pathOf(name), undefined, 'DELETE'), 'Nothing was removed.');
      output.out(asked.json === true ? JSON.stringify({ name, removed: true }) : `${name} is removed.`);
    });
};

const tellSecret = (secret: string, output: Output): void => {
  output.err('What it sends is signed with this secret. Keep it: it is shown this once.');
  output.out(secret);
};
