import type { Express } from 'express';
import http, { IncomingMessage, ServerResponse, type RequestListener } from 'node:http';
import https from 'node:https';

/**
 * Express calls `Object.setPrototypeOf` on every request and response, and V8 then gives up what it learned about
 * their shape; that alone costs more than all the rest of a small request (`make bench`, row "native prototypes").
 * Handing Node classes that already have the prototypes Express wants makes the call a no-op.
 */
export const createExpressServer = (
  app: Express,
  options: http.ServerOptions | https.ServerOptions,
  serve: RequestListener = app,
): http.Server | https.Server => {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  Object.setPrototypeOf(ExpressRequest.prototype, app.request);
  Object.setPrototypeOf(ExpressResponse.prototype, app.response);
  Object.assign(app, { request: ExpressRequest.prototype, response: ExpressResponse.prototype });
  const all = { ...options, IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
  return 'cert' in options ? https.createServer(all, serve) : http.createServer(all, serve);
};
