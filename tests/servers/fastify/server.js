// A Fastify API that keeps every promise. @fastify/swagger makes its OpenAPI 3.0 document.
// Environment: API_KEYS [{key, scopes, active}], RATE_LIMIT requests in RATE_WINDOW_S seconds,
// CONTINUE_EXCEEDING to restart the window with each request beyond the limit.
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'

const { API_KEYS, RATE_LIMIT, RATE_WINDOW_S, CONTINUE_EXCEEDING } = process.env
const keys = new Map(JSON.parse(API_KEYS).map((row, id) => [row.key, { ...row, id }]))

const problem = (statusCode, message) => Object.assign(new Error(message), { statusCode })

const callParams = {
  type: 'object',
  properties: { callId: { type: 'string' } },
  required: ['callId'],
}
const calls = [
  { id: 'call_001', status: 'ended', notes: [] },
  { id: 'call_002', status: 'missed', notes: [] },
]
const numbers = [{ id: 11, e164: '+27105550100' }]

const findCall = (id) => {
  const call = calls.find((candidate) => candidate.id === id)
  if (!call) throw problem(404, `Unknown call`)
  return call
}

async function v1(app) {
  app.decorateRequest('apiKey', null)
  // Before the body is parsed or validated: nothing is told to a stranger.
  app.addHook('onRequest', async (request) => {
    const apiKey = keys.get(request.headers['x-api-key'])
    if (!apiKey?.active) throw problem(401, 'API key missing, unknown or revoked')
    request.apiKey = apiKey
    const { scope } = request.routeOptions.config
    if (scope && !apiKey.scopes.includes(scope)) throw problem(403, `Scope ${scope} required`)
  })
  await app.register(rateLimit, {
    hook: 'preHandler', // the key is known by then
    max: Number(RATE_LIMIT),
    timeWindow: Number(RATE_WINDOW_S) * 1000,
    continueExceeding: Boolean(CONTINUE_EXCEEDING),
    keyGenerator: (request) => request.apiKey.id,
    errorResponseBuilder: () => problem(429, 'Too many requests'),
  })
  app.setNotFoundHandler(() => { throw problem(404, 'Route not found') })

  app.get('/calls', { config: { scope: 'CALLS_READ' } }, async () => ({ items: calls }))
  app.get(
    '/calls/:callId',
    { config: { scope: 'CALLS_READ' }, schema: { params: callParams } },
    async (request) => findCall(request.params.callId),
  )
  app.post('/calls', {
    config: { scope: 'CALLS_WRITE' },
    schema: {
      body: { type: 'object', required: ['to'], properties: { to: { type: 'string' } } },
      response: { 201: { type: 'object', properties: { id: { type: 'string' } } } },
    },
  }, async (request, reply) => reply.code(201).send({ id: 'call_003' }))
  app.post('/calls/:callId/notes', {
    config: { scope: 'CALLS_WRITE' },
    schema: {
      params: callParams,
      body: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
      response: { 201: { type: 'object', properties: { text: { type: 'string' } } } },
    },
  }, async (request, reply) => {
    findCall(request.params.callId)
    return reply.code(201).send({ text: request.body.text })
  })
  app.get('/phone-numbers', { config: { scope: 'NUMBERS_READ' } }, async () => ({ items: numbers }))
  app.get('/phone-numbers/:numberId', {
    config: { scope: 'NUMBERS_READ' },
    schema: {
      params: {
        type: 'object', required: ['numberId'], properties: { numberId: { type: 'integer' } },
      },
    },
  }, async (request) => {
    const number = numbers.find(({ id }) => id === request.params.numberId)
    if (!number) throw problem(404, 'Unknown number')
    return number
  })
}

const app = Fastify()
app.setErrorHandler((error, request, reply) => {
  const statusCode = error.statusCode ?? 500
  const message = statusCode < 500 ? error.message : 'Internal error'
  reply.code(statusCode).send({ statusCode, success: false, message, data: null })
})
app.setNotFoundHandler(() => { throw problem(404, 'Route not found') })
await app.register(swagger, {
  openapi: {
    openapi: '3.0.3',
    info: { title: 'Busy Board AI', version: '1.0.0' },
    servers: [{ url: 'http://localhost:3000/v1', description: 'development' }],
    components: {
      securitySchemes: { apiKey: { type: 'apiKey', name: 'x-api-key', in: 'header' } },
    },
    security: [{ apiKey: [] }],
  },
})
await app.register(v1, { prefix: '/v1' })
app.get('/documentation/json', { schema: { hide: true } }, async () => app.swagger())

const origin = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ base_url: `${origin}/v1`, openapi: `${origin}/documentation/json` }))
