import { namedService } from '../../src/cli/arguments.js';
import { capturedOutput, failing, programFor } from './captured-output.js';

const program = programFor(capturedOutput().output);
const optionsOf = (name: string): readonly (string | undefined)[] =>
  program.commands.find((command) => command.name() === name)?.options.map(({ long }) => long) ?? [];

/** Every option there is: a new one belongs here, and into a test that shows what it does. */
const known: Readonly<Record<string, readonly string[]>> = {
  launch: [
    '--url',
    '--api-key',
    '--message-delay',
    '--concurrency-level',
    '--max-messages',
    '--seed',
    '--log-level',
    '--connection',
    '--rockets',
    '--shuffle',
    '--duplicates',
    '--loss',
    '--rule-breaking',
    '--malformed',
    '--ndjson',
    '--rate',
    '--verify',
    '--patience',
    '--json',
  ],
  tail: ['--url', '--api-key', '--channel', '--type', '--after', '--json'],
  show: ['--url', '--api-key', '--at', '--version', '--json'],
  fleet: ['--url', '--api-key', '--json'],
  health: ['--url', '--api-key', '--json'],
  gaps: ['--url', '--api-key', '--json'],
  skip: ['--url', '--api-key', '--from', '--to', '--up-to', '--why', '--json'],
  subscriptions: [],
  verify: ['--file', '--database', '--json'],
  rebuild: ['--file', '--database'],
  backup: ['--file', '--database', '--force'],
  export: ['--file', '--database'],
  import: ['--file', '--database', '--url', '--api-key'],
  keys: [],
  rejected: [],
};

describe('the commands', () => {
  it('are these', () =>
    expect(program.commands.map((command) => command.name())).toEqual(Object.keys(known)));

  it.each(Object.entries(known))('%s has the options %j and no others', (name, options) =>
    expect(optionsOf(name)).toEqual(options),
  );

  it.each(program.commands.map((command) => [command.name(), command] as const))(
    '%s says in its help what it and each option is for',
    (_name, command) => {
      const help = command.helpInformation();
      expect(command.description()).not.toBe('');
      expect(command.options.filter(({ description }) => description === '')).toEqual([]);
      expect(help).not.toContain('(default: false)');
    },
  );

  it.each(Object.keys(known).filter((name) => optionsOf(name).includes('--url')))(
    '%s says which service it talks to when none is named',
    (name) => {
      const help = program.commands.find((command) => command.name() === name)?.helpInformation() ?? '';
      expect(help.replace(/\s+/g, ' ')).toContain(
        '--url <url> the service (default: ROCKETS_URL, or http://localhost:8088)',
      );
    },
  );
});

describe('the service that is meant', () => {
  const meant = (setting: string | undefined, option?: string, argument?: string): string => {
    if (setting !== undefined) process.env['ROCKETS_URL'] = setting;
    try {
      const [named, given] = [option, argument].map((text) => (text === undefined ? text : new URL(text)));
      return namedService(named, given).href;
    } finally {
      delete process.env['ROCKETS_URL'];
    }
  };

  it('is the one on this machine, or that of ROCKETS_URL', () => {
    expect(meant(undefined)).toBe('http://localhost:8088/');
    expect(meant(' ')).toBe('http://localhost:8088/');
    expect(meant('rockets.example:9000')).toBe('http://rockets.example:9000/');
    expect(meant('https://rockets.example/api/messages')).toBe('https://rockets.example/api/');
  });

  it('is rather the one that was named', () => {
    expect(meant('http://a/', 'http://b/')).toBe('http://b/');
    expect(meant('http://a/', undefined, 'http://c/')).toBe('http://c/');
  });

  it('is named once', () => expect(() => meant(undefined, 'http://b/', 'http://c/')).toThrow(/once/));

  it('is said to make no sense where it makes none', () =>
    expect(() => meant('ftp://a')).toThrow(
      'ROCKETS_URL=ftp://a makes no sense. It must be a URL, as http://localhost:8088.',
    ));
});

describe('a mistake', () => {
  it.each([
    ['an unknown command', ['lunch'], "unknown command 'lunch'"],
    ['an unknown option', ['tail', '--chanel', 'a'], "unknown option '--chanel'"],
    ['a URL that is none', ['health', '--url', 'ftp://a'], 'It must be a URL'],
    ['a URL that is none, before the channel', ['show', 'ftp://a', 'b'], 'It must be a URL'],
    ['too much', ['show', 'a', 'b', 'c'], 'too many arguments'],
    ['too much of a number', ['skip', 'a', '--up-to', '0'], 'It must be an integer from 1'],
    ['two pasts', ['show', 'a', '--at', '2026-10-01T15:39:42Z', '--version', '1'], 'cannot be used with'],
    ['a service named twice', ['tail', 'http://a', '--url', 'http://b'], 'Name the service once'],
  ])('is named: %s', async (_mistake, args, sentence) => {
    expect((await failing(...args)).message).toContain(sentence);
  });
});
