import { bodyOf } from '../model/csv.js';
import { nextOf, request } from './api.js';

export const formats = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
export type Format = keyof typeof formats;

/** Everything that a question finds, page by page, as one file. */
export const download = async (
  firstPage: string,
  format: Format,
  onPage: (lines: number) => void,
  signal: AbortSignal,
): Promise<void> => {
  const parts: string[] = [];
  let lines = 0;
  let path: string | undefined = firstPage;
  while (path !== undefined) {
    const response = await request(path, signal, formats[format]);
    const text = await response.text();
    const rows = format === 'csv' ? bodyOf(text) : text;
    parts.push(parts.length === 0 ? text : rows);
    lines += linesIn(rows);
    onPage(lines);
    path = nextOf(response);
  }
  // Without this mark Excel takes the file for one of another encoding.
  const mark = format === 'csv' ? '\uFEFF' : '';
  save(new Blob([mark, ...parts], { type: formats[format] }), `events.${format}`);
};

/** A text with a line break inside a cell counts as two: good enough to see that something comes. */
const linesIn = (text: string): number => text.split('\n').length - 1;

const save = (file: Blob, name: string): void => {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};
