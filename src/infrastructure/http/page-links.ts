import type { Request, Response } from 'express';

/** `Link: <…>; rel="next"`: the same request with another `after`, relative so that it works behind any proxy. */
export const linkNext = (req: Request, res: Response, changed: Readonly<Record<string, string>>): void => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...req.query, ...changed })) query.set(name, String(value));
  res.set('Link', `<${req.baseUrl}${req.path}?${query.toString()}>; rel="next"`);
};
