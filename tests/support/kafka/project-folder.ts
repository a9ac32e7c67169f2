import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of the project, also for what was bundled or compiled to some other place in it. */
export const projectFolder = (from = __dirname): string =>
  existsSync(join(from, 'package-lock.json')) ? from : projectFolder(dirname(from));

/** A file beside the sources of these helpers. */
export const besideSources = (name: string): string => join(projectFolder(), 'tests/support/kafka', name);
