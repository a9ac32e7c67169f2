import { writeFileSync } from 'node:fs';
import { authBench } from './auth.bench.js';
import { balanceBench } from './balance.bench.js';
import { drippingBench } from './dripping.bench.js';
import { enduranceBench } from './endurance.bench.js';
import { generatedInputBench } from './generated-input.bench.js';
import { kafkaMemoryBench } from './kafka-memory.bench.js';
import { chosenRows, machine, quick, rowsTable, verdict, type Bench } from './measure.js';
import { streamsBench } from './ndjson.bench.js';
import { overloadBench } from './overload.bench.js';
import { metricsBench } from './metrics.bench.js';
import { piecesBench } from './pieces.bench.js';
import { postgresLagBench } from './postgres-live.bench.js';

/**
 * `make bounds`: what must hold, whoever sends what for how long; ends with 1 when it does not. `--report=FILE` writes how
 * many held, in the words of Jest.
 */
const benches: Readonly<Record<string, Bench>> = {
  overload: overloadBench,
  dripping: drippingBench,
  pieces: piecesBench,
  streams: streamsBench,
  'generated-input': generatedInputBench,
  balance: balanceBench,
  auth: authBench,
  metrics: metricsBench,
  'postgres-lag': postgresLagBench,
  kafka: kafkaMemoryBench,
  endurance: enduranceBench,
};

const main = async (): Promise<void> => {
  const rows = await chosenRows(benches);
  console.log(`\n${machine()}${quick ? ' — quick run, with wider bounds' : ''}\n`);
  console.log(rowsTable(rows));
  const bounded = rows.filter(({ good }) => good !== undefined);
  const broken = bounded.filter((row) => verdict(row) === 'below');
  console.log(`\n${bounded.length - broken.length} bounds held, ${broken.length} did not`);
  report({ numPassedTests: bounded.length - broken.length, numFailedTests: broken.length });
  process.exitCode = broken.length === 0 ? 0 : 1;
};

const report = (counts: object): void => {
  const file = process.argv.find((argument) => argument.startsWith('--report='))?.slice('--report='.length);
  if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
};

void main();
