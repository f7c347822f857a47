// An Express API that keeps every promise. OpenAPI 3.1 in JSON, the scopes as its security roles.
// Environment: API_KEYS [{key, scopes, active}], RATE_LIMIT requests in RATE_WINDOW_S seconds.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';

const digest = (key) => createHash('sha256').update(key).digest('base64');

const apiKeys = new Map(
  JSON.parse(process.env.API_KEYS).map(({ key, scopes, active }) => [
    digest(key),
    { scopes: new Set(scopes), active },
  ]),
);

class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const limiter = rateLimit({
  windowMs: Number(process.env.RATE_WINDOW_S) * 1000,
  limit: Number(process.env.RATE_LIMIT),
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  keyGenerator: (req) => req.get('x-api-key') || ipKeyGenerator(req.ip),
  handler: (req, res, next) => next(new ApiError(429, 'Rate limit exceeded')),
});

function authenticate(req, res, next) {
  const presented = req.get('x-api-key');
  const apiKey = presented && apiKeys.get(digest(presented));
  if (!apiKey?.active) {
    throw new ApiError(401, 'Invalid API Key provided');
  }
  req.apiKey = apiKey;
  next();
}

const needs = (...scopes) => (req, res, next) => {
  const missing = scopes.filter((scope) => !req.apiKey.scopes.has(scope));
  next(missing.length ? new ApiError(403, `Insufficient scope, needs ${scopes.join(' ')}`) : undefined);
};

const calls = [
  { id: 'call_001', direction: 'inbound', seconds: 61 },
  { id: 'call_002', direction: 'outbound', seconds: 17 },
];
const recordings = [{ id: 'rec_9', callId: 'call_001', bytes: 48213 }];

function findOrFail(rows, id) {
  const row = rows.find((candidate) => candidate.id === id);
  if (!row) {
    throw new ApiError(404, 'Resource not found');
  }
  return row;
}

const v1 = express.Router();
v1.get('/status', (req, res) => res.json({ status: 'up' })); // public
v1.use(limiter, authenticate, express.json());
v1.get('/calls', needs('calls.read'), (req, res) => res.json({ data: calls, total: calls.length }));
v1.get('/calls/:callId', needs('calls.read'), (req, res) => {
  res.json({ data: findOrFail(calls, req.params.callId) });
});
v1.post('/calls', needs('calls.read', 'calls.write'), (req, res) => {
  if (typeof req.body?.to !== 'string') {
    throw new ApiError(400, '"to" is required');
  }
  res.status(201).json({ data: { id: 'call_003', direction: 'outbound', seconds: 0 } });
});
v1.get('/recordings', needs('recordings.read'), (req, res) => res.json({ data: recordings }));
v1.get('/recordings/:recordingId', needs('recordings.read'), (req, res) => {
  res.json({ data: findOrFail(recordings, req.params.recordingId) });
});

const app = express();
app.get('/openapi.json', (req, res) => {
  res.type('json').send(readFileSync(new URL('./openapi.json', import.meta.url)));
});
app.use('/v1', v1);
app.use(() => {
  throw new ApiError(404, 'No such endpoint');
});
// Express knows an error handler by its four parameters.
app.use((error, req, res, next) => {
  const statusCode = error.status ?? 500;
  const message = statusCode < 500 ? error.message : 'Something went wrong';
  res.status(statusCode).json({ success: false, message, data: null, statusCode });
});

const server = app.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ base_url: `${origin}/v1`, openapi: `${origin}/openapi.json` }));
});
