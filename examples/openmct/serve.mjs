// Serves the page and Open MCT, and hands everything else on to the Rockets service: one origin, no CORS.
import { createReadStream } from 'node:fs';
import { createServer, request } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { createRequire } from 'node:module';
import { URL } from 'node:url';

const here = import.meta.dirname;
const service = new URL(process.env.ROCKETS_URL ?? 'http://localhost:8088');
const port = Number(process.env.PORT ?? 8090);
const openmct = dirname(createRequire(import.meta.url).resolve('openmct'));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const fileFor = (path) => {
  if (path === '/') return join(here, 'index.html');
  // `normalize` takes every `..` out before the folder is put in front.
  if (path.startsWith('/openmct/')) return join(openmct, normalize(path.slice('/openmct'.length)));
  if (path === '/example/start.js') return join(here, 'start.js');
  if (path === '/example/rockets-plugin.js') return join(here, 'rockets-plugin.js');
  return undefined;
};

const sendFile = (file, res) =>
  createReadStream(file)
    .on('open', () =>
      res.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }),
    )
    .on('error', () => res.writeHead(404).end())
    .pipe(res);

const handOn = (req, res) => {
  const onward = request(
    new URL(req.url, service),
    { method: req.method, headers: req.headers },
    (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    },
  );
  onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
  res.on('close', () => onward.destroy());
  req.pipe(onward);
};

createServer((req, res) => {
  const file = fileFor(new URL(req.url, 'http://localhost').pathname);
  if (file === undefined) handOn(req, res);
  else sendFile(file, res);
}).listen(port, () => console.log(`Open MCT with rockets of ${service.href}: http://localhost:${port}/`));
