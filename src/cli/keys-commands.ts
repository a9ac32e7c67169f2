import { chmodSync, chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { canonicalChannel, isChannel } from '../domain/channel.js';
import { isRfc3339, utcMillis } from '../domain/rocket-time.js';
import { hashOf, makeApiKey } from '../infrastructure/auth/api-key.js';
import {
  isKeyName,
  keysText,
  nameRule,
  readKeys,
  UnreadableKeys,
  type KeyRecord,
} from '../infrastructure/auth/key-record.js';
import { isScope, scopes, type Scope } from '../infrastructure/auth/scope.js';
import { addExamples } from './arguments.js';
import { Failure, reasonOf } from './failure.js';
import { counted, type Output } from './output.js';

interface FileOption {
  readonly file: string;
}

interface CreateOptions extends FileOption {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly channel?: readonly string[];
  readonly until?: string;
}

/** The keys of callers: a service reads the file again when it changes. */
export const registerKeys = (program: Command, output: Output): void => {
  const keys = program
    .command('keys')
    .summary('make, list and revoke API keys')
    .description(
      'Keeps the keys of callers in a file, which a service with AUTH=keys reads again when it changes.',
    );

  const create = onFile(keys.command('create'))
    .summary('make a key, and print it this once')
    .description(
      'Adds a key to the file, which is made when there is none. The file does not hold the key itself.',
    )
    .requiredOption('--name <name>', 'what it is called in logs and histories', readName)
    .requiredOption('--scope <scopes>', `what it may, by comma: ${scopes.join(', ')}`, readScopes)
    .option('--channel <channels>', 'only for these rockets, by comma', readChannels)
    .option('--until <time>', 'when it ends, as 2030-01-31 or an RFC 3339 time', readTime)
    .action((options: CreateOptions) => createKey(options, output));
  addExamples(create, [
    ['rockets keys create --name radio-1 --scope ingest', 'For a sender'],
    ['rockets keys create --name control-room --scope read,operate --until 2030-01-31', 'For people'],
    ['AUTH=keys API_KEYS_FILE=keys.json make run', 'The service that asks for them'],
  ]);

  onFile(keys.command('list'))
    .summary('tell what keys there are, and what they may')
    .description(
      'Tells each key by its name and the beginning of its text; the rest of it is not in the file.',
    )
    .option('--json', 'print JSON')
    .action(({ file, json }: FileOption & { json?: boolean }) => listKeys(file, json === true, output));

  onFile(keys.command('revoke'))
    .summary('end a key')
    .description(
      'Ends a key for good. A running service turns away who comes with it within seconds, live feeds included.',
    )
    .argument('<name>', 'what it is called')
    .action((name: string, { file }: FileOption) => revokeKey(name, file, output));
};

const onFile = (command: Command): Command =>
  command.option('--file <file>', 'where the keys are kept', process.env['API_KEYS_FILE'] || 'keys.json');

const createKey = ({ file, name, scope, channel, until }: CreateOptions, output: Output): void => {
  const keys = existsSync(file) ? keysIn(file) : [];
  if (keys.some((key) => key.name === name))
    throw new Failure(`There is a key ${name} already; choose another name.`);
  const { id, text } = makeApiKey();
  const record: KeyRecord = {
    id,
    name,
    hash: hashOf(text).toString('hex'),
    scopes: scope,
    ...(channel && { channels: channel }),
    ...(until !== undefined && { until }),
    createdAt: new Date().toISOString(),
  };
  writeKeys(file, [...keys, record]);
  output.err(`${name} may ${describe(record)}. Keep the key: it is shown this once.`);
  output.out(text);
};

const listKeys = (file: string, asJson: boolean, output: Output): void => {
  const keys = keysIn(file);
  if (asJson) return output.out(JSON.stringify(keys.map((key) => ({ ...key, hash: undefined }))));
  for (const key of keys) output.out(`${key.name}  rk_${key.id}_…  ${describe(key)}${stateOf(key)}`);
  output.err(counted(keys.length, 'key'));
};

const revokeKey = (name: string, file: string, output: Output): void => {
  const keys = keysIn(file);
  const key = keys.find((one) => one.name === name);
  if (key === undefined) throw new Failure(`${file} has no key ${name}.`);
  if (key.revokedAt !== undefined) throw new Failure(`${name} was revoked at ${key.revokedAt}.`);
  const revoked = { ...key, revokedAt: new Date().toISOString() };
  writeKeys(
    file,
    keys.map((one) => (one === key ? revoked : one)),
  );
  output.err(`${name} is revoked.`);
};

const keysIn = (file: string): readonly KeyRecord[] => {
  try {
    return readKeys(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof UnreadableKeys) throw new Failure(`${file}: ${error.message}`);
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}.`);
  }
};

/** Whole or not at all; a new file nobody else can read. */
const writeKeys = (file: string, keys: readonly KeyRecord[]): void => {
  const next = `${file}.${process.pid}.new`;
  try {
    const before = statSync(file, { throwIfNoEntry: false });
    writeFileSync(next, keysText(keys), { mode: 0o600, flag: 'wx' });
    // The service may run as somebody else.
    if (before !== undefined) {
      chmodSync(next, before.mode);
      chownSync(next, before.uid, before.gid);
    }
    renameSync(next, file);
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${reasonOf(error)}.`);
  }
};

const describe = ({ scopes: may, channels, until }: KeyRecord): string =>
  [may.join(', '), channels && `for ${channels.join(', ')}`, until !== undefined && `until ${until}`]
    .filter(Boolean)
    .join(' ');

const stateOf = ({ revokedAt, until }: KeyRecord): string => {
  if (revokedAt !== undefined) return `  revoked ${revokedAt}`;
  return until !== undefined && utcMillis(until) <= Date.now() ? '  ended' : '';
};

const readName = (text: string): string => {
  if (isKeyName(text)) return text;
  throw new InvalidArgumentError(`The ${nameRule}.`);
};

const readScopes = (text: string): readonly Scope[] => {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isScope)) return [...new Set(names)];
  throw new InvalidArgumentError(`It must be some of ${scopes.join(', ')}, by comma.`);
};

const readChannels = (text: string): readonly string[] => {
  const channels = text.split(',').map((channel) => channel.trim());
  if (channels.every(isChannel)) return [...new Set(channels.map(canonicalChannel))];
  throw new InvalidArgumentError('A channel has 1 to 128 characters of A-Z a-z 0-9 . _ : -');
};

/** A bare day ends when it begins. */
const readTime = (text: string): string => {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  if (isRfc3339(time)) return time;
  throw new InvalidArgumentError('It must be a day as 2030-01-31, or an RFC 3339 time.');
};
