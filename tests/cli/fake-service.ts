import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  metadata: { channel: string; messageNumber: number; messageTime: string; messageType: string };
  message: Record<string, string | number>;
}

export interface Faults {
  /** Looks at each message before it is stored: may change it, or lose it by answering undefined. */
  tamper?: (message: Message) => Message | undefined;
  /** Answers a POST itself. */
  answer?: (post: number, res: ServerResponse, req: IncomingMessage) => boolean;
  /** The body of every 202. */
  body?: string;
}

const pattern = {
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{5,7}[+-]\d\d:\d\d$/,
  type: /^Rocket(Launched|SpeedIncreased|SpeedDecreased|MissionChanged|Exploded)$/,
};

/** As much of the contract as the command line needs, written for its tests; it stores whatever the order. */
export class FakeService {
  readonly stored = new Map<string, Map<number, Message>>();
  readonly requests: IncomingMessage[] = [];
  readonly connections = new Set<unknown>();
  posts = 0;
  private readonly server = createServer((req, res) => void this.serve(req, res));

  constructor(private readonly faults: Faults = {}) {
    this.server.on('connection', (socket) => this.connections.add(socket));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/messages`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.requests.push(req);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(req.url ?? '', 'http://fake');
    if (req.method === 'POST') this.post(text, req, res);
    else this.get(url, res);
  }

  private post(text: string, req: IncomingMessage, res: ServerResponse): void {
    this.posts++;
    if (this.faults.answer?.(this.posts, res, req) === true) return;
    if (req.headers['content-type'] === 'application/x-ndjson') {
      const counts: Record<string, number> = { received: 0 };
      for (const line of text.trimEnd().split('\n')) {
        const outcome = this.take(line);
        counts['received']!++;
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      res.end(JSON.stringify({ ...counts, items: [] }));
      return;
    }
    const outcome = this.take(text);
    const status = outcome === 'invalid' ? 400 : 202;
    const body = this.faults.body ?? (status === 202 ? '' : '{"title":"Invalid"}');
    res.writeHead(status, { 'Content-Length': body.length, 'Rocket-Outcome': outcome }).end(body);
  }

  private take(text: string): string {
    const sent = parse(text);
    if (sent === undefined) return 'invalid';
    const { channel, messageNumber } = sent.metadata;
    const known = this.stored.get(channel) ?? new Map<number, Message>();
    this.stored.set(channel, known);
    if (known.has(messageNumber)) return 'duplicate';
    const kept = this.faults.tamper === undefined ? sent : this.faults.tamper(sent);
    if (kept !== undefined) known.set(messageNumber, kept);
    return 'applied';
  }

  private get(url: URL, res: ServerResponse): void {
    const [, , channel = '', events] = url.pathname.split('/');
    const known = this.stored.get(channel);
    if (known === undefined) return void res.writeHead(404).end('{"detail":"No such rocket."}');
    const history = [...known.values()].sort((a, b) => a.metadata.messageNumber - b.metadata.messageNumber);
    const after = Number(url.searchParams.get('after'));
    const limit = Math.min(Number(url.searchParams.get('limit')), 100);
    const page = history
      .map(eventOf)
      .filter(({ number }) => number > after)
      .slice(0, limit);
    res.end(JSON.stringify(events === 'events' ? page : stateOf(channel, history)));
  }
}

const parse = (text: string): Message | undefined => {
  try {
    const message: Message = JSON.parse(text);
    const { messageNumber, messageTime, messageType } = message.metadata;
    const sound = Number.isInteger(messageNumber) && messageNumber > 0 && pattern.time.test(messageTime);
    return sound && pattern.type.test(messageType) && Object.keys(message.message).length > 0
      ? message
      : undefined;
  } catch {
    return undefined;
  }
};

const eventOf = ({ metadata, message }: Message) => ({
  number: metadata.messageNumber,
  type: metadata.messageType,
  data: message,
  time: metadata.messageTime,
});

const stateOf = (channel: string, history: readonly Message[]): object => {
  const rocket: Record<string, unknown> = { channel, status: 'flying', reason: null, explodedAt: null };
  for (const { metadata, message } of history) {
    const at = utc(metadata.messageTime);
    rocket['updatedAt'] = at;
    rocket['version'] = rocket['highestHeard'] = metadata.messageNumber;
    if (metadata.messageType === 'RocketLaunched') {
      const { launchSpeed: speed, type, mission } = message;
      Object.assign(rocket, { speed, type, mission, launchedAt: at });
    }
    if (metadata.messageType === 'RocketSpeedIncreased')
      rocket['speed'] = Number(rocket['speed']) + Number(message['by']);
    if (metadata.messageType === 'RocketSpeedDecreased')
      rocket['speed'] = Number(rocket['speed']) - Number(message['by']);
    if (metadata.messageType === 'RocketMissionChanged') rocket['mission'] = message['newMission'];
    if (metadata.messageType === 'RocketExploded') {
      Object.assign(rocket, { status: 'exploded', reason: message['reason'], explodedAt: at });
    }
  }
  return { ...rocket, speedChange: null, waiting: 0, late: 0, complete: true };
};

const utc = (time: string): string => {
  const [, fraction = ''] = /\.(\d+)/.exec(time) ?? [];
  return `${new Date(time.replace(/\.\d+/, '')).toISOString().slice(0, 19)}.${fraction}Z`;
};
