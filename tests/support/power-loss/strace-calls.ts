import { closeSync, openSync, readSync } from 'node:fs';

/** A call into the kernel, when it was made and again when it came back; others may stand in between. */
export interface SystemCall {
  readonly phase: 'begins' | 'ends';
  readonly thread: string;
  readonly name: string;
  /** As strace wrote them, with every string and path in hex (`-xx`). */
  readonly args: string;
  /** What it returned; NaN while it has not, and for ever when the process ended meanwhile. */
  readonly result: number;
  /** The rest of the line, behind the number: the path of a descriptor that was opened. */
  readonly remark: string;
}

const UNFINISHED = ' <unfinished ...>';
const CHUNK = 4 * 1024 * 1024;

/** Reads what `strace -f -y -xx` wrote, call by call. */
export const systemCallsIn = function* (trace: string): Generator<SystemCall> {
  const begun = new Map<string, string>();
  for (const line of linesOf(trace)) {
    const space = line.indexOf(' ');
    const thread = line.slice(0, space);
    const text = line.slice(space).trimStart();
    if (text.startsWith('+++') || text.startsWith('---')) continue;
    if (text.endsWith(UNFINISHED)) {
      const start = text.slice(0, -UNFINISHED.length);
      begun.set(thread, start);
      yield callOf('begins', thread, start);
    } else if (text.startsWith('<... ')) {
      const start = begun.get(thread);
      begun.delete(thread);
      if (start === undefined) throw new Error(`a call ended that never began: ${text.slice(0, 100)}`);
      yield callOf('ends', thread, start + text.slice(text.indexOf('resumed>') + 'resumed>'.length));
    } else {
      yield callOf('begins', thread, text);
      yield callOf('ends', thread, text);
    }
  }
};

const callOf = (phase: SystemCall['phase'], thread: string, text: string): SystemCall => {
  const open = text.indexOf('(');
  const equals = text.lastIndexOf(' = ');
  const name = text.slice(0, open);
  if (equals === -1) return { phase, thread, name, args: text.slice(open + 1), result: NaN, remark: '' };
  const [, number, remark = ''] = /^(-?\d+|\?)(.*)/.exec(text.slice(equals + 3)) ?? [];
  const args = text.slice(open + 1, text.lastIndexOf(')', equals));
  return { phase, thread, name, args, result: number === undefined ? NaN : Number(number), remark };
};

/** A trace may be larger than the longest string. */
const linesOf = function* (file: string): Generator<string> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest = '';
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      const lines = (rest + chunk.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') throw new Error(`the trace breaks off: ${rest.slice(0, 100)}`);
  } finally {
    closeSync(handle);
  }
};
