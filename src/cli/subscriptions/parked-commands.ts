import type { Command } from 'commander';
import { addExamples, readInteger } from '../arguments.js';
import { counted, numbersIn, type Output } from '../output.js';
import { ask, clientOf, onService, pathOf, type Asked } from './subscription-client.js';
import { parkedLine } from './subscription-text.js';

/** What becomes of rockets of which a receiver does not take an event. */
export const registerParked = (subscriptions: Command, output: Output): void => {
  onService(subscriptions.command('parked'))
    .summary('tell what it could not hand over')
    .description(
      'Tells the rockets of which the receiver does not take an event; what follows of them waits behind it.',
    )
    .argument('<name>', 'what it is called')
    .action(async (name: string, asked: Asked) => {
      let count = 0;
      for await (const page of clientOf(asked).pages(`${pathOf(name, 'parked')}?limit=1000`)) {
        for (const one of page) output.out(asked.json === true ? JSON.stringify(one) : parkedLine(one));
        count += page.length;
        await output.room();
      }
      if (asked.json !== true)
        output.err(count === 0 ? 'Nothing is parked.' : `${counted(count, 'rocket')} parked`);
    });

  onService(subscriptions.command('retry'))
    .summary('try what is parked again')
    .description(
      'Tries again what is parked of one rocket, or of all that are not tried again by themselves.',
    )
    .argument('<name>', 'what it is called')
    .argument('[channel]', 'one rocket only')
    .action(async (name: string, channel: string | undefined, asked: Asked) => {
      const { told, text } = await ask(asked, pathOf(name, 'parked/retry'), 'Nothing was changed.', {
        channel,
      });
      output.out(asked.json === true ? text : `Tried again: ${counted(Number(told['retried']), 'rocket')}.`);
    });

  const drop = onService(subscriptions.command('drop'))
    .summary('give up what is parked of a rocket')
    .description(
      'Gives up the events of a rocket that are parked, or those up to a number; what follows is delivered.',
    )
    .argument('<name>', 'what it is called')
    .argument('<channel>', 'the rocket')
    .option('--up-to <n>', 'only up to this number', readInteger(1))
    .action(async (name: string, channel: string, { upTo, ...asked }: Asked & { readonly upTo?: number }) => {
      const wish = { channel, upTo };
      const { told, text } = await ask(asked, pathOf(name, 'parked/drop'), 'Nothing was dropped.', wish);
      output.out(asked.json === true ? text : `Dropped ${numbersIn(told)} of ${channel}.`);
    });
  addExamples(drop, [
    ['rockets subscriptions drop billing 8a6e7887-064f-54fa-b5ee-fac02e0dc05c --up-to 7', 'Up to message 7'],
  ]);
};
