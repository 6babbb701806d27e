/** Opens a WebSocket byte by byte, with these header lines of a session or token. */
import { open, readAnswers } from '../conformance/raw-client.ts'
import type { IdentityBench, SiteName } from './identity-bench.ts'

export async function openWebSocket(bench: IdentityBench, site: SiteName, lines: readonly string[]) {
  const socket = await open(bench.destination(site))
  const head = [
    'GET /socket HTTP/1.1',
    `Host: ${new URL(bench.origin(site)).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...lines,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return { socket, reply: await readAnswers(socket, { methods: ['GET'] }) }
}
