// An API on node:http alone that keeps every promise, and is odd wherever the promise leaves room:
// Afrikaans messages, indented JSON in another order, chunks, a connection for each request.
// Environment: API_KEYS [{key, scopes, active}], RATE_LIMIT requests in RATE_WINDOW_S seconds.
import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const MOST_BODY_BYTES = 65_536;
const limit = Number(process.env.RATE_LIMIT);
const windowMs = Number(process.env.RATE_WINDOW_S) * 1000;
const keys = JSON.parse(process.env.API_KEYS).map((row) => ({ ...row, admitted: [] }));

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    Object.assign(this, { status, headers });
  }
}

function sameText(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function authenticate(request) {
  const presented = request.headers['x-api-key'] ?? '';
  const found = keys.find(({ key, active }) => sameText(key, presented) && active);
  if (!found) throw new Refusal(401, 'Ongeldige of ontbrekende API-sleutel – toegang geweier');
  return found;
}

/** Sliding log: at most `limit` admitted requests in any `windowMs`. */
function meter(key) {
  const now = performance.now();
  while (key.admitted.length && now - key.admitted[0] >= windowMs) key.admitted.shift();
  if (key.admitted.length >= limit) {
    const waitMs = key.admitted[0] + windowMs - now;
    throw new Refusal(429, 'Te veel versoeke – wag ’n bietjie', { 'retry-after': Math.ceil(waitMs / 1000) });
  }
  key.admitted.push(now);
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Refusal(413, 'Die versoek is te groot');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal(400, 'Die versoek is nie JSON nie');
  }
}

const calls = new Map([
  ['call_001', { id: 'call_001', tags: ['vip'] }],
  ['call_002', { id: 'call_002', tags: [] }],
]);

function existing(id) {
  if (!calls.has(id)) throw new Refusal(404, 'Geen sulke oproep nie');
  return calls.get(id);
}

const routes = [
  { path: /^\/v1\/calls$/, methods: {
    GET: { scope: 'view_calls', run: () => [200, [...calls.values()]] },
    POST: { scope: 'edit_calls', run: async (request) => {
      const { to } = (await readJson(request)) ?? {};
      if (typeof to !== 'string') throw new Refusal(400, 'Die veld „to“ ontbreek');
      return [201, { id: 'call_003', tags: [] }];
    } },
  } },
  { path: /^\/v1\/calls\/(?<id>[^/]+)$/, methods: {
    GET: { scope: 'view_calls', run: (request, { id }) => [200, existing(id)] },
  } },
  { path: /^\/v1\/calls\/(?<id>[^/]+)\/tags$/, methods: {
    PUT: { scope: 'edit_calls', run: async (request, { id }) => {
      const call = existing(id);
      const tags = await readJson(request);
      if (!Array.isArray(tags)) throw new Refusal(400, 'ŉ Lys word verwag');
      call.tags = tags.map(String);
      return [200, call];
    } },
  } },
  { path: /^\/v1\/calls\/(?<id>[^/]+)\/transcript$/, methods: {
    GET: { scope: 'view_transcripts', run: (request, { id }) => [200, { call: existing(id).id, text: 'Môre!' }] },
  } },
];

async function handle(request, pathname) {
  const key = authenticate(request);
  meter(key);
  const route = routes.find(({ path }) => path.test(pathname));
  if (!route) throw new Refusal(404, 'Onbekende pad');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const operation = Object.hasOwn(route.methods, method) && route.methods[method];
  if (!operation) throw new Refusal(405, 'Metode nie toegelaat nie', { allow: Object.keys(route.methods).join(', ') });
  if (!key.scopes.includes(operation.scope)) throw new Refusal(403, `Die sleutel kort „${operation.scope}“`);
  return operation.run(request, route.path.exec(pathname).groups);
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, {
    'CONTENT-TYPE': 'Application/JSON; Charset="UTF-8"',
    connection: 'close',
    ...headers,
  });
  response.write(JSON.stringify(body, null, 2));
  response.end('\n');
}

const server = createServer(async (request, response) => {
  const pathname = request.url.split('?')[0];
  if (pathname === '/openapi.yml') {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(await readFile(new URL('./openapi.yml', import.meta.url)));
    return;
  }
  try {
    const [status, body] = await handle(request, pathname);
    send(response, status, body);
  } catch (error) {
    const { status: statusCode = 500, headers } = error;
    const message = error instanceof Refusal ? error.message : 'Interne fout';
    send(response, statusCode, { statusCode, data: null, message, success: false }, headers);
  }
});
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ base_url: `${origin}/v1`, openapi: `${origin}/openapi.yml` }));
});
