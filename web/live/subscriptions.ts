import type { MadeSubscriptionJson, SubscriptionJson, TestJson } from '../model/wire.js';
import { ApiError, send } from './api.js';

export const subscriptionPath = (name: string): string => `/subscriptions/${encodeURIComponent(name)}`;

/** Of what the service says of no field, the field it is about. */
const fieldOf: Readonly<Record<string, string>> = {
  'subscription-exists': '/name',
  'unknown-position': '/from',
};

const told = async <T>(sent: Promise<Response>): Promise<T> => {
  try {
    return (await (await sent).json()) as T;
  } catch (error) {
    if (!(error instanceof ApiError) || fieldOf[error.code] === undefined) throw error;
    const { status, message, code } = error;
    throw new ApiError(status, message, code, [{ pointer: fieldOf[code], message }]);
  }
};

const about = <T>(name: string, what: string, content: object = {}): Promise<T> =>
  told(send('POST', `${subscriptionPath(name)}/${what}`, content));

export const makeSubscription = (wanted: object): Promise<MadeSubscriptionJson> =>
  told(send('POST', '/subscriptions', wanted));

export const changeSubscription = (name: string, wish: object): Promise<SubscriptionJson> =>
  told(send('PATCH', subscriptionPath(name), wish));

export const removeSubscription = async (name: string): Promise<void> => {
  await send('DELETE', subscriptionPath(name));
};

export const replay = (name: string, from: string): Promise<SubscriptionJson> =>
  about(name, 'replay', { from });

export const newSecret = (name: string, secret: string): Promise<{ readonly secret: string }> =>
  about(name, 'secret', secret === '' ? {} : { secret });

export const sendTest = (name: string): Promise<TestJson> => about(name, 'test');

export const retry = (name: string, channel?: string): Promise<{ readonly retried: number }> =>
  about(name, 'parked/retry', channel === undefined ? {} : { channel });

export const drop = (
  name: string,
  channel: string,
  upTo: number | undefined,
): Promise<{ readonly from: number; readonly to: number }> =>
  about(name, 'parked/drop', { channel, ...(upTo !== undefined && { upTo }) });
