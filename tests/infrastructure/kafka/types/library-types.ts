import type * as real from '@platformatic/kafka';
import type {
  KafkaAdmin,
  KafkaClient,
  KafkaConsumer,
  KafkaLibrary,
  KafkaProducer,
  RecordStream,
} from '../../../../src/infrastructure/kafka/kafka-library.js';

/*
 * Holds what we use of the Kafka client (`KafkaLibrary`) against the client itself. Compiled by `make types` where it is
 * installed, and never run: what does not fit is an error here.
 */

/** What we call takes what we give, and answers what we read. */
export const fits = (library: typeof real): KafkaLibrary => library;

/** An option that the client does not know would be no error: it takes no notice of it. */
type Known<Ours, Real> = [Exclude<KeysOf<Ours>, KeysOf<Real>>] extends [never]
  ? true
  : Exclude<KeysOf<Ours>, KeysOf<Real>>;
type KeysOf<T> = T extends unknown ? keyof T : never;
/** Methods are compared loosely: what one takes could be given to it if either fits the other. */
type Taken<Ours, Real> = [Ours] extends [Real] ? Known<Ours, Real> : 'is not taken';

type MadeOf<Name extends 'Producer' | 'Consumer' | 'Admin'> = ConstructorParameters<KafkaLibrary[Name]>[0];
type Given<Client, Method extends keyof Client> = Client[Method] extends (options: infer Options) => unknown
  ? Options
  : never;
type Element<List> = List extends readonly (infer One)[] ? One : never;

/** Its argument is a claim that has to be true. */
type Holds<Claim extends true> = Claim;

type RealProducer = real.ProducerOptions<Buffer, Buffer, Buffer, Buffer>;
type RealConsumer = real.ConsumerOptions<Buffer, Buffer, Buffer, Buffer>;

type Send = Given<KafkaProducer, 'send'>;
type RealSend = real.SendOptions<Buffer, Buffer, Buffer, Buffer>;

type Commit = Given<KafkaConsumer, 'commit'>;

type Fetch = Given<KafkaConsumer, 'fetch'>;
type RealFetch = real.FetchOptions<Buffer, Buffer, Buffer, Buffer>;
type Partitions = Element<Fetch['topics']>['partitions'];

/** All that we listen to, one for each way of it that is declared. */
type HeardIn2<Client> = Client extends {
  on: { (event: infer A, listener: never): unknown; (event: infer B, listener: never): unknown };
}
  ? A | B
  : 'is declared in another number of ways';
type HeardIn3<Client> = Client extends {
  on: {
    (event: infer A, listener: never): unknown;
    (event: infer B, listener: never): unknown;
    (event: infer C, listener: never): unknown;
  };
}
  ? A | B | C
  : 'is declared in another number of ways';

/** What the client does not know as an event would never come. */
type Unheard<Name, Events> = [Exclude<Name, Events>] extends [never] ? true : Exclude<Name, Events>;
export const heard = (stream: real.MessagesStream<Buffer, Buffer, Buffer, Buffer>): RecordStream => {
  stream.on('fetch', () => undefined);
  stream.on('offsets', () => undefined);
  return stream;
};

export type Claims = [
  Holds<Taken<MadeOf<'Producer'>, RealProducer>>,
  Holds<Taken<MadeOf<'Consumer'>, RealConsumer>>,
  Holds<Taken<MadeOf<'Admin'>, real.AdminOptions>>,
  Holds<Taken<Send, RealSend>>,
  Holds<Known<Element<Send['messages']>, Element<RealSend['messages']>>>,
  Holds<Taken<Commit, real.CommitOptions>>,
  Holds<Known<Element<Commit['offsets']>, Element<real.CommitOptions['offsets']>>>,
  Holds<Taken<Fetch, RealFetch>>,
  Holds<Known<Element<Partitions>, Element<Element<RealFetch['topics']>['partitions']>>>,
  Holds<Taken<Given<KafkaConsumer, 'consume'>, real.ConsumeOptions<Buffer, Buffer, Buffer, Buffer>>>,
  Holds<Taken<Given<KafkaConsumer, 'getLag'>, real.GetLagOptions>>,
  Holds<Taken<Given<KafkaConsumer, 'listOffsets'>, real.ListOffsetsOptions>>,
  Holds<Taken<Given<KafkaAdmin, 'createTopics'>, real.CreateTopicsOptions>>,
  Holds<Taken<Given<KafkaClient, 'metadata'>, real.MetadataOptions>>,
  Holds<Unheard<HeardIn2<KafkaConsumer>, keyof real.ConsumerEvents | 'error'>>,
  Holds<Unheard<HeardIn3<RecordStream>, 'data' | 'error' | 'fetch' | 'offsets'>>,
];
