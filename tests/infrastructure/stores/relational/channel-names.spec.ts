import type { Ask } from '../../../../src/infrastructure/stores/relational/ask.js';
import { unheardRocket } from '../../../../src/infrastructure/stores/relational/change-rows.js';
import { ChannelNames } from '../../../../src/infrastructure/stores/relational/channel-names.js';
import { rocketCells, rocketColumns } from '../../../../src/infrastructure/stores/relational/rocket-rows.js';

const columns = rocketColumns.split(', ');

/** A table in which every rocket is called after its id. */
const ask: Ask = async <Row>(_sql: string, ids: readonly unknown[]) =>
  [...new Set(ids as number[])].map((id) => {
    const cells = rocketCells(unheardRocket(id, `r${id}`));
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]])) as Row;
  });

it('who is remembered is known by his name, also where there is no room for those who come with him', async () => {
  const names = new ChannelNames(ask, 4);
  await names.of([1, 2, 3]);
  const nameOf = await names.of([1, 4, 5]);
  expect([1, 4, 5].map(nameOf)).toEqual(['r1', 'r4', 'r5']);
});

it('who is forgotten while others are looked up is known by his name to whoever asked before', async () => {
  const names = new ChannelNames(ask, 4);
  await names.of([1, 2, 3]);
  const asked = names.of([1, 4]);
  names.forget();
  expect((await asked)(1)).toBe('r1');
});
