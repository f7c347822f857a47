// GET /v1/calls behind rate-limiter-flexible. Environment: API_KEYS [{key, scopes, active}],
// RATE_LIMIT requests in RATE_WINDOW_S seconds, then none for BLOCK_S seconds.
import { createServer } from 'node:http';
import { RateLimiterMemory } from 'rate-limiter-flexible';

const env = process.env;
const keys = new Map(JSON.parse(env.API_KEYS).filter((row) => row.active).map((row) => [row.key, row]));
const limiter = new RateLimiterMemory({
  points: Number(env.RATE_LIMIT),
  duration: Number(env.RATE_WINDOW_S),
  blockDuration: Number(env.BLOCK_S),
});

const security = [{ apiKey: ['calls:read'] }];
const ok = { description: 'Calls', content: { 'application/json': { schema: { type: 'array' } } } };
const document = {
  openapi: '3.1.0',
  info: { title: 'Calls', version: '1' },
  servers: [{ url: '/v1' }],
  paths: { '/calls': { get: { security, responses: { 200: ok } } } },
  components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } } },
};

const refusal = (statusCode, message) => [statusCode, { success: false, message, data: null, statusCode }];

async function answer(request) {
  if (request.url === '/openapi.json') return [200, document];
  const apiKey = keys.get(request.headers['x-api-key']);
  if (!apiKey) return refusal(401, 'Invalid API Key provided');
  try {
    await limiter.consume(apiKey.key);
  } catch ({ msBeforeNext }) {
    return [...refusal(429, 'Rate limit exceeded'), { 'retry-after': Math.ceil(msBeforeNext / 1000) }];
  }
  if (!apiKey.scopes.includes('calls:read')) return refusal(403, 'The key does not have calls:read');
  if (request.url.split('?')[0] !== '/v1/calls') return refusal(404, 'Not found');
  if (!['GET', 'HEAD'].includes(request.method)) return refusal(405, 'Method not allowed');
  return [200, [{ id: 'call_001' }]];
}

const server = createServer(async (request, response) => {
  const [status, body, headers] = await answer(request);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ base_url: `${origin}/v1`, openapi: `${origin}/openapi.json` }));
});
