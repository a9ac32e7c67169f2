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

/** The sentence of a problem document, with what it says about each field. */
export const explanation = (text: string): string => {
  try {
    const problem: unknown = JSON.parse(text);
    if (isObject(problem)) {
      const errors = Array.isArray(problem['errors']) ? problem['errors'].filter(isObject) : [];
      const details = errors.map((error) => `${String(error['pointer'])} ${String(error['message'])}`);
      return [problem['detail'] ?? problem['title'] ?? text, ...details].map(String).join('; ');
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return text.trim().slice(0, 200) || 'an empty answer';
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
