import { Router, type Request, type Response } from 'express';
import type { Operator } from '../../../application/acts.js';
import type { NamePage } from '../../../application/ports/subscription-store.js';
import {
  SubscriptionRefused,
  subscriptionNotFound,
  type Subscriptions,
} from '../../../application/subscriptions/subscriptions.js';
import { makeSecret } from '../../webhooks/secret.js';
import { methodNotAllowed, readOnly } from '../error-handler.js';
import { operatorIn } from '../gate.js';
import { readJson, untilRead } from '../json-body.js';
import type { BodyLimits } from '../messages/read-body.js';
import { linkNext } from '../page-links.js';
import { Problem } from '../problem.js';
import { limitIn, QueryReader } from '../query-reader.js';
import {
  isSubscriptionName,
  readDrop,
  readNewSubscription,
  readNothing,
  readReplay,
  readRetry,
  readSecret,
  readSubscriptionWish,
} from './subscription-body.js';
import { parkedView, subscriptionView, testView, type DeliversHere } from './subscription-view.js';

/** What operators do with subscriptions. */
export const subscriptionsRouter = (
  subscriptions: Subscriptions,
  deliversHere: DeliversHere,
  limits: BodyLimits,
): Router => {
  const router = Router({ caseSensitive: true });

  /** A POST with a body about the subscription in the path. */
  const act = <T>(
    path: string,
    read: (body: unknown) => T,
    answer: (name: string, wish: T, by: Operator, res: Response) => Promise<object>,
  ): void => {
    router
      .route(`/subscriptions/:name/${path}`)
      .post(async (req, res) => {
        const name = nameIn(req);
        new QueryReader(req.query).finish();
        const wish = read(await readJson(req, limits));
        res.json(await answer(name, wish, operatorIn(res), res));
      })
      .all(methodNotAllowed('POST, OPTIONS'));
  };

  router
    .route('/subscriptions')
    .get(async (req, res) => {
      const page = namePage(req);
      const found = await subscriptions.list(page);
      if (found.length === page.limit) linkNext(req, res, { after: found.at(-1)!.subscription.name });
      res.json(found.map((report) => subscriptionView(report, deliversHere)));
    })
    .post(async (req, res) => {
      new QueryReader(req.query).finish();
      const wanted = readNewSubscription(await readJson(req, limits));
      const secret = wanted.sink.type === 'webhook' ? (wanted.secret ?? makeSecret()) : undefined;
      const made = { ...wanted, ...(secret !== undefined && { secret }) };
      const report = await atSink(subscriptions.create(made, operatorIn(res)));
      res.status(201).location(`/subscriptions/${wanted.name}`);
      const view = subscriptionView(report, deliversHere);
      sendSecret(res, secret === undefined ? view : { ...view, secret });
    })
    .all(methodNotAllowed('GET, HEAD, POST, OPTIONS'));

  router
    .route('/subscriptions/:name')
    .get(async (req, res) => {
      const name = nameIn(req);
      new QueryReader(req.query).finish();
      res.json(subscriptionView(await subscriptions.find(name), deliversHere));
    })
    .patch(async (req, res) => {
      const name = nameIn(req);
      new QueryReader(req.query).finish();
      const wish = readSubscriptionWish(await readJson(req, limits));
      const report = await atSink(subscriptions.change(name, wish, operatorIn(res)));
      res.json(subscriptionView(report, deliversHere));
    })
    .delete(async (req, res) => {
      const name = nameIn(req);
      new QueryReader(req.query).finish();
      await untilRead(req, limits);
      await subscriptions.remove(name, operatorIn(res));
      res.status(204).end();
    })
    .all(methodNotAllowed('GET, HEAD, PATCH, DELETE, OPTIONS'));

  router
    .route('/subscriptions/:name/parked')
    .get(async (req, res) => {
      const name = nameIn(req);
      const page = channelPage(req);
      const sequences = await subscriptions.parked(name, page);
      if (sequences.length === page.limit) linkNext(req, res, { after: sequences.at(-1)!.channel });
      res.json(sequences.map(parkedView));
    })
    .all(readOnly);

  act('replay', readReplay, async (name, from, by) =>
    subscriptionView(await subscriptions.replay(name, from, by), deliversHere),
  );
  act('secret', readSecret, async (name, given, by, res) => {
    const { text: secret } = await subscriptions.changeSecret(name, given ?? makeSecret(), by);
    res.set('Cache-Control', 'no-store');
    return { name, secret };
  });
  act('test', readNothing, async (name, _, by) => testView(await subscriptions.test(name, by)));
  act('parked/retry', readRetry, async (name, channel, by) => ({
    name,
    retried: await subscriptions.retry(name, channel, by),
  }));
  act('parked/drop', readDrop, async (name, { channel, upTo }, by) => ({
    name,
    channel,
    ...(await subscriptions.drop(name, channel, upTo, by)),
  }));

  return router;
};

/** What can be nobody's name is not looked for. */
const nameIn = (req: Request): string => {
  const { name } = req.params;
  if (typeof name === 'string' && isSubscriptionName(name)) return name;
  throw subscriptionNotFound(String(name).slice(0, 64));
};

const namePage = (req: Request): NamePage => {
  const reader = new QueryReader(req.query);
  const page = { after: reader.text('after'), limit: limitIn(reader) };
  if (page.after !== undefined && !isSubscriptionName(page.after))
    reader.refuse('after', 'not-a-name', 'must be the name of a subscription');
  reader.finish();
  return page;
};

const channelPage = (req: Request): NamePage => {
  const reader = new QueryReader(req.query);
  const page = { after: reader.channel('after'), limit: limitIn(reader) };
  reader.finish();
  return page;
};

/** Says which field a refused sink stands in. */
const atSink = async <T>(done: Promise<T>): Promise<T> =>
  done.catch((error: unknown) => {
    if (!(error instanceof SubscriptionRefused) || error.code !== 'sink-refused') throw error;
    const { code, message } = error;
    throw new Problem(code, message, [{ pointer: '/sink', code: 'refused', message }]);
  });

/** Nobody between keeps it. */
const sendSecret = (res: Response, body: object): void => {
  res.set('Cache-Control', 'no-store').json(body);
};
