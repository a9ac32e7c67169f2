import type { RequestHandler } from 'express';
import helmet from 'helmet';

const self = ["'self'"];
const none = ["'none'"];

/**
 * What a browser is told of our pages: nothing runs and nothing loads that is not a file of this service, and no other
 * site frames them, opens them or learns where a visitor came from. `secure`: to come by TLS only from now on.
 */
export const pageHeaders = (secure: boolean): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: self,
        styleSrc: self,
        // Swagger UI brings its icons in its style sheet.
        imgSrc: ["'self'", 'data:'],
        connectSrc: self,
        baseUri: none,
        formAction: none,
        frameAncestors: none,
      },
    },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: secure && { maxAge: 31_536_000, includeSubDomains: false },
  });
