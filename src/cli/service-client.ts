import { Failure, unreachable } from './failure.js';

/** Reads the service over HTTP. Answers are `unknown` until somebody looked at them. */
export class ServiceClient {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly service: URL,
    apiKey: string | undefined,
  ) {
    this.headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  }

  /** Undefined when the service knows no such thing (404). */
  async find(path: string): Promise<unknown> {
    const response = await this.open(path, { Accept: 'application/json' });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Failure(`${response.url} answered ${response.status}: ${explanation(text)}`);
    return parse(text, response.url);
  }

  async open(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const url = new URL(path, this.service);
    try {
      return await fetch(url, { headers: { ...this.headers, ...headers }, signal });
    } catch (error) {
      throw signal?.aborted === true ? error : unreachable(url, error);
    }
  }
}

const parse = (text: string, url: string): unknown => {
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
