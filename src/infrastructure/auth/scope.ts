/** What a caller may: report messages, read, or act on the fleet. */
export const scopes = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text);
