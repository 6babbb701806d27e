/** Orders, from 2018: a JSON API for programs, with a stream of events, and Basic authentication that a script shares. */
import { createServer } from 'node:http'
import { serve } from './serve.ts'

const orders = [
  { id: 1, item: 'lock', amount: 3 },
  { id: 2, item: 'gate', amount: 1 },
]
const credentials = `Basic ${Buffer.from('script:changeme').toString('base64')}`

serve(
  createServer((request, response) => {
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
    if (request.url === '/health') json(200, { status: 'UP' })
    else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(orders[0])}\n\n`), 1_000)
      request.on('close', () => clearInterval(timer))
    } else if (request.url === '/orders')
      if (request.headers.authorization === credentials) json(200, orders)
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="orders"' }).end()
    else json(404, { error: 'not found' })
  }),
)
