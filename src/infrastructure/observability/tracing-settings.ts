export interface TracingSettings {
  /** Of a collector, as http://localhost:4318; `/v1/traces` is added. */
  readonly endpoint: string;
  /** Of what brings no decision of its own so many are recorded: 0 to 1. */
  readonly sample: number;
  readonly serviceName: string;
  /** For the collector, which may want to know who sends. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A password in it would not be sent. */
export const isCollector = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
};

const pairForm = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*([\x21-\x7e]*)\s*$/;

/** What no header can hold, as a line break, would be found out only when spans are lost. */
const isSendable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** `name=value` by comma, values percent-encoded, as OpenTelemetry has them everywhere; undefined where it is something else. */
export const headersIn = (text: string): Readonly<Record<string, string>> | undefined => {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name, value] = pairForm.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    try {
      const text = decodeURIComponent(value);
      if (!isSendable(text)) return undefined;
      headers[name.toLowerCase()] = text;
    } catch {
      return undefined;
    }
  }
  return headers;
};
