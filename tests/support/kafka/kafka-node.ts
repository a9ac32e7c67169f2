import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cached-folder.js';
import { projectFolder } from './project-folder.js';

const project = projectFolder();
const { optionalDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  optionalDependencies: Readonly<Record<string, string>>;
};

const NODE = '24.21.0';
const LIBRARY = '@platformatic/kafka';
const LIBRARY_VERSION = optionalDependencies[LIBRARY];

/** A program that runs the service with Kafka: `path` instead of `node`, with `env` in its environment. */
export interface KafkaNode {
  readonly path: string;
  readonly env: { readonly NODE_PATH: string };
}

/** The Node that runs this, where it can do it; else one from npm, with the library beside it, fetched once. */
export const kafkaNode = async (): Promise<KafkaNode> => {
  const own = join(project, 'node_modules');
  if (isNewEnough(process.versions.node) && existsSync(join(own, LIBRARY))) {
    return { path: process.execPath, env: { NODE_PATH: own } };
  }
  const folder = await cachedFolder(`kafka-node-${NODE}-library-${LIBRARY_VERSION}`, fetchInto);
  const modules = join(folder, 'node_modules');
  return { path: join(modules, 'node/bin/node'), env: { NODE_PATH: modules } };
};

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 22);
};

const fetchInto = async (folder: string): Promise<void> => {
  const options = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--save-exact'];
  const packages = [`node@${NODE}`, `${LIBRARY}@${LIBRARY_VERSION}`];
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...options, ...packages], {
    cwd: folder,
  }).catch((error: unknown) => {
    throw new Error(`no Node for Kafka: npm could not fetch ${packages.join(' and ')}: ${String(error)}`, {
      cause: error,
    });
  });
};
