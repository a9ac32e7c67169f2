/** One line of a Dockerfile, however many it was written on. */
export interface Instruction {
  readonly word: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** As much of the format as ours uses. */
export const stagesOf = (dockerfile: string): readonly Stage[] => {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  const args = new Map<string, string>();
  for (const { word, text } of instructionsOf(dockerfile)) {
    if (word === 'ARG' && stages.length === 0) {
      const [name = '', value = ''] = text.split('=');
      args.set(name, value);
    } else if (word === 'FROM') {
      const [from = '', , name = ''] = text.split(/\s+/);
      const whole = from.replace(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg) ?? '');
      stages.push({ name, from: whole, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ word, text });
    }
  }
  return stages;
};

const instructionsOf = (dockerfile: string): readonly Instruction[] =>
  dockerfile
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n/g, '')
    .split('\n')
    .map((line) => {
      const [, word = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { word, text };
    });

/** What stands as `--name=value` before everything else, and the words behind. */
export const flagsOf = (
  text: string,
): { readonly flags: Readonly<Record<string, string>>; readonly rest: string } => {
  const [, given = '', rest = ''] = /^((?:--[\w-]+=\S+\s+)*)(.*)$/s.exec(text) ?? [];
  const flags = [...given.matchAll(/--([\w-]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  return { flags: Object.fromEntries(flags) as Record<string, string>, rest };
};

/** `a=b c="d e"`, as ENV and LABEL have it. */
export const pairsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)].map(([, name, quoted, bare]) => [
      name,
      quoted ?? bare ?? '',
    ]),
  );

/** What a container is started with. */
export const settingsOf = (stage: Stage) => {
  const last = (word: string): string => stage.instructions.findLast((one) => one.word === word)?.text ?? '';
  const words = (text: string): readonly string[] => JSON.parse(text) as string[];
  const all = (word: string) => stage.instructions.filter((one) => one.word === word);
  const health = flagsOf(last('HEALTHCHECK'));
  return {
    directory: last('WORKDIR'),
    user: last('USER'),
    volume: last('VOLUME'),
    port: Number(last('EXPOSE')),
    stopSignal: last('STOPSIGNAL') as NodeJS.Signals,
    env: Object.assign({}, ...all('ENV').map(({ text }) => pairsOf(text))) as Record<string, string>,
    labels: Object.assign({}, ...all('LABEL').map(({ text }) => pairsOf(text))) as Record<string, string>,
    entry: words(last('ENTRYPOINT')),
    command: words(last('CMD')),
    health: words(health.rest.replace(/^CMD\s+/, '')),
    healthFlags: health.flags,
  };
};
