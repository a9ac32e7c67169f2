import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder, cachePath } from './cached-folder.js';
import { besideSources } from './project-folder.js';

const run = promisify(execFile);

const pom = besideSources('broker/pom.xml');
const logging = besideSources('broker/log4j2.properties');

const need = (program: string, versionOption: string, advice: string): string => {
  const { status, stdout, stderr } = spawnSync(program, [versionOption], {
    encoding: 'utf8',
    env: process.env,
  });
  if (status !== 0) throw new Error(`no Kafka broker: \`${program}\` is not on PATH (${advice})`);
  return stdout + stderr;
};

const cacheName = (): string => {
  const version = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(pom, 'utf8'))?.[1];
  return `kafka-broker-${version}`;
};

/** Throws, in one line, where no broker can run. */
export const needKafka = (): void => {
  const advice = 'Java 17 or newer is needed';
  const said = need('java', '-version', advice);
  const major = Number(/version "(\d+)/.exec(said)?.[1]);
  if (!(major >= 17)) throw new Error(`no Kafka broker: \`java\` is version ${major} (${advice})`);
  if (!existsSync(cachePath(cacheName()))) need('mvn', '--version', 'Maven fetches the broker, once');
};

/** Where the broker's libraries are: fetched once from Maven Central. */
export const kafkaLibraries = async (): Promise<string> => {
  needKafka();
  return cachedFolder(cacheName(), async (folder) => {
    const options = ['-q', '-B', '-ntp', '--strict-checksums', '-f', pom];
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await run('mvn', [...options, ...copy], { cwd: folder }).catch((error: unknown) => {
      throw new Error(`no Kafka broker: Maven could not fetch it: ${String(error)}`, { cause: error });
    });
  });
};

/** What `java` is to be told to run a class of it. */
export const kafkaProgram = (
  libraries: string,
  heapMb: number,
  ...program: readonly string[]
): readonly string[] => [
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j2.configurationFile=${logging}`,
  '-cp',
  join(libraries, '*'),
  ...program,
];
