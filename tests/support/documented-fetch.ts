import { documentedAs } from './openapi-validator.js';

/** `fetch`, with every answer held against the OpenAPI document; a live feed, which never ends, is left to AsyncAPI. */
export const documentedFetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, init);
  const { status, headers } = response;
  if (headers.get('content-type')?.startsWith('text/event-stream')) return response;
  const { pathname, search } = new URL(url);
  documentedAs({
    method: init.method ?? 'GET',
    url: pathname + search,
    status,
    headers: Object.fromEntries(headers),
    body: await response.clone().text(),
  });
  return response;
};
