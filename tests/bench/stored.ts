import { channelOf } from './traffic.js';

/** How many messages were acknowledged and are not there: each rocket's history has to reach as far as it was told. */
export const lostOf = async (
  port: number,
  acknowledged: readonly (readonly [rocket: number, number: number])[],
): Promise<number> => {
  const versions = await versionsAt(port);
  const missing = acknowledged.map(([rocket, number]) => number - (versions.get(channelOf(rocket)) ?? 0));
  return missing.reduce((sum, count) => sum + Math.max(0, count), 0);
};

const versionsAt = async (port: number): Promise<Map<string, number>> => {
  const versions = new Map<string, number>();
  for (let path: string | undefined = '/rockets?limit=1000'; path !== undefined;) {
    const page = await fetch(`http://127.0.0.1:${port}${path}`);
    for (const { channel, version } of (await page.json()) as { channel: string; version: number }[])
      versions.set(channel, version);
    path = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
  }
  return versions;
};
