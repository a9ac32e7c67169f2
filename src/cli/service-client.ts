import { Failure, unreachable } from './failure.js';

/** Speaks with the service over HTTP. Answers are `unknown` until somebody looked at them. */
export class ServiceClient {
  constructor(
    private readonly service: URL,
    private readonly apiKey?: string,
  ) {}

  get origin(): string {
    return this.service.origin;
  }

  /** Undefined when the service knows no such thing (404). */
  async find(path: string): Promise<unknown> {
    const answer = await this.ask(path);
    return answer.status === 404 ? undefined : contentOf(answer);
  }

  /** A list, page after page, as far as anybody reads it. */
  async *pages(path: string): AsyncGenerator<readonly JsonObject[]> {
    for (let next: string | undefined = path; next !== undefined;) {
      const answer: Answer = await this.ask(next);
      const page = contentOf(answer);
      if (Array.isArray(page)) yield page.filter(isObject);
      next = answer.next && `${path.replace(/\?.*$/, '')}${answer.next}`;
    }
  }

  /** Whatever it answers, also when that is no success. */
  async ask(path: string, body?: object, method = body === undefined ? 'GET' : 'POST'): Promise<Answer> {
    const response = await this.open(path, { ...(body === undefined ? asked : sent(body)), method });
    const { status, ok, url } = response;
    const [, next] = /<[^>]*(\?[^>]*)>; rel="next"/.exec(response.headers.get('Link') ?? '') ?? [];
    return { status, ok, url, text: await response.text(), next };
  }

  async open(path: string, request: ServiceRequest): Promise<Response> {
    const url = new URL(path, this.service);
    try {
      return await fetch(url, { ...request, headers: { ...request.headers, ...credential(this.apiKey) } });
    } catch (error) {
      throw request.signal?.aborted === true ? error : unreachable(url, error);
    }
  }
}

/** The header that shows a key, if there is one. */
export const credential = (apiKey = ''): Readonly<Record<string, string>> =>
  apiKey === '' ? {} : { Authorization: `Bearer ${apiKey}` };

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly url: string;
  readonly text: string;
  /** The query of the next page. */
  readonly next: string | undefined;
}

interface ServiceRequest extends RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
}

const asked: ServiceRequest = { headers: { Accept: 'application/json' } };

const sent = (body: object): ServiceRequest => ({
  headers: { ...asked.headers, 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

const contentOf = ({ ok, status, url, text }: Answer): unknown => {
  if (!ok) throw new Failure(`${url} answered ${status}: ${explanation(text)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${url} did not answer JSON: ${text.slice(0, 100)}`);
  }
};

/** The sentences of a problem document, or the text itself when it is none. */
export const explanation = (text: string): string => {
  const problem = objectIn(text);
  return problem === undefined
    ? text.trim().slice(0, 200) || 'an empty answer'
    : (sentencesOf(problem) ?? text);
};

/** What it says about each field; a problem in general has one sentence. */
export const sentencesOf = ({ errors, detail, title }: JsonObject): string | undefined => {
  const messages = Array.isArray(errors) ? errors.filter(isObject).map(({ message }) => String(message)) : [];
  if (messages.length > 0) return messages.join(' ');
  return detail === undefined && title === undefined ? undefined : String(detail ?? title);
};

/** Undefined when the text is not the JSON of an object. */
export const objectIn = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
