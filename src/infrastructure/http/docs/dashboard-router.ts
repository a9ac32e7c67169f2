import { Router, type RequestHandler } from 'express';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readOnly } from '../error-handler.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Beside the compiled service in `dist/`; from the sources (in tests) the same folder is meant. */
const builtDashboard = join(__dirname, '..', '..', '..', '..', 'dist', 'web');

/**
 * The dashboard. Its few files are read and compressed once and served from memory: no request names a path on the
 * disk, and a build that replaces the files does not disturb a running service.
 */
export const dashboardRouter = (headers: RequestHandler, directory = builtDashboard): Router => {
  const router = Router({ caseSensitive: true });
  if (!existsSync(join(directory, 'index.html'))) return router;
  // The page is asked for again each time; what it refers to carries a hash in its name and never changes.
  router.get('/', headers, serve(join(directory, 'index.html'), 'no-cache'));
  const assets = readdirSync(join(directory, 'assets'));
  for (const name of assets)
    router.get(
      `/assets/${name}`,
      headers,
      serve(join(directory, 'assets', name), 'public, max-age=31536000, immutable'),
    );
  router.all(['/', ...assets.map((name) => `/assets/${name}`)], readOnly);
  return router;
};

const serve = (file: string, cacheControl: string): RequestHandler => {
  const plain = readFileSync(file);
  const gzipped = gzipSync(plain, { level: 9 });
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const headers = {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': cacheControl,
  };
  return (req, res) => {
    const compressed = req.acceptsEncodings(['gzip', 'identity']) === 'gzip';
    res.vary('Accept-Encoding').set(headers);
    if (compressed) res.set('Content-Encoding', 'gzip');
    // Two encodings are two representations: each has its own tag.
    res.set('ETag', `"${hash}${compressed ? '-gzip' : ''}"`);
    res.send(compressed ? gzipped : plain);
  };
};
