import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { drawGiant, drawHistory, drawImpostor, drawPoison, drawTime, isGiant, isPoison } from './fleet.js';
import type { Instance, Reply } from './instance.js';
import type { Ledger } from './ledger.js';
import type { World } from './world.js';

const BYTES = { from: 80, to: 200 };
const ANSWER_TIMEOUT_MS = 1000;

interface Post {
  message: RocketMessage;
  readonly bytes: number;
  readonly givesUp: boolean;
  /** Not sent before everything heals. */
  isWithheld: boolean;
  done: boolean;
  attempts: number;
}

/** Sends the messages of one rocket over a bad network, each until it was answered. */
export class Producer {
  private readonly posts: Post[] = [];
  private readonly awaiting = new Set<Post>();
  private highestSent = 0;

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly ledger: Ledger,
    channel: string,
  ) {
    const { random, plan } = world;
    drawHistory(world, channel).forEach((message, i) => {
      const post = this.post(message, random.chance(plan.givenUp));
      post.isWithheld = random.chance(plan.withheld);
      if (post.isWithheld) return;
      this.sendAfter(i * plan.sendEvery + random.between(0, plan.reorderWithin), post);
      if (random.chance(plan.impostor)) {
        const impostor = this.post(drawImpostor(world, message), false);
        this.sendAfter(i * plan.sendEvery + random.between(0, plan.reorderWithin), impostor);
      }
      if (random.chance(plan.kafka?.giant ?? 0)) {
        const giant = this.post(drawGiant(world, message), false);
        this.sendAfter(i * plan.sendEvery + random.between(0, plan.reorderWithin), giant);
      }
      if (!random.chance(plan.poison)) return;
      const poison = this.post(drawPoison(world, message), false);
      this.sendAfter(i * plan.sendEvery + random.between(0, plan.reorderWithin), poison);
    });
  }

  /** How much of what is to be sent was not answered yet. */
  get awaited(): number {
    let count = 0;
    for (const post of this.awaiting) if (!post.done) count++;
    return count;
  }

  /** A share of what was not answered yet is sent, until it is. */
  sendWhatIsLeft(share: number, within: number): void {
    const { random } = this.world;
    for (const post of this.posts) {
      if (post.done || (share < 1 && !random.chance(share))) continue;
      this.awaiting.add(post);
      this.sendAfter(random.between(0, within), post);
    }
  }

  /** The store has forgotten some of what it acknowledged: everything is sent again. */
  startOver(): void {
    for (const post of this.posts) {
      post.done = false;
      if (!post.isWithheld) this.sendAfter(this.world.random.between(0, 1000), post);
    }
  }

  private post(message: RocketMessage, givesUp: boolean): Post {
    const post: Post = {
      message,
      bytes: this.world.random.between(BYTES.from, BYTES.to),
      givesUp,
      isWithheld: false,
      done: false,
      attempts: 0,
    };
    this.posts.push(post);
    return post;
  }

  private sendAfter(delay: number, post: Post): void {
    this.world.scheduler.after(delay, 'send', () => this.send(post));
  }

  private send(post: Post): void {
    const { world } = this;
    const { plan } = world;
    if (post.done) return;
    if (post.attempts++ > 0 && world.strikes(plan.otherTime)) {
      world.meet('resent with another time');
      post.message = { ...post.message, time: drawTime(world, post.message.number) };
    }
    this.ledger.willSend(post.message);
    if (world.strikes(plan.duplicate)) {
      world.meet('request delivered twice');
      this.transmit(post);
    }
    if (world.strikes(plan.requestLost)) world.meet('request lost');
    else this.transmit(post);
    if (post.givesUp && !world.healed) return world.meet('message given up by its sender');
    // After healing, attempts of before are still under way: a new one now and then does no harm.
    this.sendAfter(world.random.between(ANSWER_TIMEOUT_MS, 1.5 * ANSWER_TIMEOUT_MS), post);
  }

  private transmit(post: Post): void {
    const { world } = this;
    const { message, bytes } = post;
    const { process } = world.random.pick(this.instances);
    world.scheduler.after(world.delay(), 'request', () => {
      if (message.number < this.highestSent) world.meet('messages out of order');
      this.highestSent = Math.max(this.highestSent, message.number);
      if (world.strikes(world.plan.invalid)) process?.receiveInvalid();
      process?.receive(message, bytes, (answer) => this.reply(post, answer));
    });
  }

  private reply(post: Post, answer: Parameters<Reply>[0]): void {
    const { world } = this;
    if (world.strikes(world.plan.replyLost)) {
      if (typeof answer === 'object' && answer.outcome === 'queued')
        world.meet('reply lost after it was queued');
      else if (typeof answer === 'object' && answer.outcome !== 'duplicate')
        world.meet('reply lost after commit');
      return;
    }
    const mayBeRefused = isPoison(post.message) || isGiant(post.message);
    // Whatever else was said of it: what the database or the broker refused is not sent again.
    if (answer === 'turned away' || (answer === 'refused' && !mayBeRefused)) return;
    const { epoch } = world;
    world.scheduler.after(world.delay(), 'reply', () => {
      if (epoch === world.epoch) post.done = true;
    });
  }
}
