import { inThousands } from '../output.js';
import { isObject, type JsonObject } from '../service-client.js';

/** Names on the left, what is known of them on the right. */
export const paragraph = (
  fields: readonly (readonly [name: string, value: string | undefined])[],
): string[] => fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(13)}${value}`]));

/** How many rockets there are, what they do, and what is to be known about some. */
export const rocketsIn = ({ total, byStatus, incomplete, withGaps }: JsonObject): string => {
  const statuses = isObject(byStatus) ? Object.entries(byStatus) : [];
  const doing = statuses.map(
    ([status, count]) => `${inThousands(Number(count))} ${status.replace('-', ' ')}`,
  );
  const about = [
    ['incomplete', incomplete],
    ['with gaps', withGaps],
  ].flatMap(([name, count]) => (Number(count) > 0 ? [`${inThousands(Number(count))} ${String(name)}`] : []));
  const parts = [doing.join(', '), about.join(', ')].filter((part) => part !== '');
  return [inThousands(Number(total)), parts.join('; ')].filter((part) => part !== '').join(': ');
};
