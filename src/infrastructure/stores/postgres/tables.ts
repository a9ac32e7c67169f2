/** The columns of each table in their order, as `docs/tables.md` has them, with PostgreSQL's types. */
const text = 'text COLLATE "C" NOT NULL';
const perhaps = 'text COLLATE "C"';
const integer = 'bigint NOT NULL';

const messages = {
  rocket: integer,
  number: integer,
  type: text,
  time: text,
  data: 'jsonb NOT NULL',
  received_at: integer,
  sum: integer,
};

export const tables = {
  rockets: {
    id: 'bigint PRIMARY KEY',
    channel: text,
    revision: integer,
    version: integer,
    status: text,
    complete: 'smallint NOT NULL',
    type: perhaps,
    mission: perhaps,
    speed: 'bigint',
    speed_change: 'bigint',
    reason: perhaps,
    launched_at: perhaps,
    exploded_at: perhaps,
    updated_at: perhaps,
    latest: perhaps,
    heard_at: integer,
    heard_minute: integer,
    highest_heard: integer,
    waiting: integer,
    late: integer,
    has_gaps: 'smallint NOT NULL',
    chain: integer,
    sum: integer,
  },
  events: {
    rocket: integer,
    number: integer,
    type: text,
    time: text,
    data: 'jsonb NOT NULL',
    recorded_at: integer,
    sum: integer,
  },
  waiting_messages: messages,
  late_messages: messages,
  missing: {
    rocket: integer,
    last: integer,
    first: integer,
    since: integer,
    listened: integer,
    sum: integer,
  },
  snapshots: {
    rocket: integer,
    version: integer,
    latest: text,
    state: 'json NOT NULL',
    sum: integer,
  },
  subscriptions: {
    name: `${perhaps} PRIMARY KEY`,
    revision: integer,
    types: 'json',
    channels: 'json',
    sink: 'json NOT NULL',
    created_at: integer,
    is_paused: 'smallint NOT NULL',
    paused_as: perhaps,
    xid: integer,
    position: integer,
    replays: integer,
    delivered: integer,
    retried: integer,
    last_error: perhaps,
    last_error_at: 'bigint',
    failing_since: 'bigint',
    next_try_at: 'bigint',
    sum: integer,
  },
  parked_sequences: {
    subscription: `${text} REFERENCES subscriptions ON DELETE CASCADE`,
    channel: text,
    number: integer,
    xid: integer,
    position: integer,
    since: integer,
    tries: integer,
    next_try_at: 'bigint',
    what: text,
    sum: integer,
  },
} satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type TableName = keyof typeof tables;

export const columnsOf = (table: TableName): readonly string[] => Object.keys(tables[table]);

export const definitions = (table: TableName): string =>
  Object.entries(tables[table])
    .map(([column, type]) => `${column} ${type}`)
    .join(',\n    ');

/** What a column is in an array: plain text where it becomes JSON only in the row. */
export const plainType = (table: TableName, column: string): string => {
  const [type] = (tables[table] as Readonly<Record<string, string>>)[column]!.split(' ');
  return type!.startsWith('json') ? 'text' : type!;
};

/** An expression that turns what came in an array into what stands in the row. */
export const asStored = (table: TableName, column: string, from: string): string => {
  const [type] = (tables[table] as Readonly<Record<string, string>>)[column]!.split(' ');
  return type!.startsWith('json') ? `${from}.${column}::${type}` : `${from}.${column}`;
};
