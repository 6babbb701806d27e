import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Origin, Reach } from '@lockgate/model'
import { expect, onTestFinished, test } from 'vitest'
import { sendExactly } from './exact-ask.ts'

test.each([
  ['paused', true],
  ['flowing', false],
])('an answer arrives over a socket that was handed over %s', { timeout: 5_000 }, async (_, isPaused) => {
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`))
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const reach = {
    async connect() {
      const socket = connect(endpoint)
      if (isPaused) socket.pause()
      await once(socket, 'connect')
      return { outcome: 'connected', socket, localAddress: null, ms: 0 }
    },
  } as unknown as Reach
  const origin: Origin = { scheme: 'http', ...endpoint, origin: `http://127.0.0.1:${endpoint.port}` }
  const ask = { endpoint, origin, ca: undefined, method: 'POST', target: '/a?b', headers: [], body: 'x' }
  const answer = await sendExactly(ask, reach, new AbortController().signal)
  expect(answer).toMatchObject({ outcome: 'answered', status: 200, body: Buffer.from('POST /a?b') })
})
