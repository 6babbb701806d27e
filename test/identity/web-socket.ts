/** Opens a WebSocket byte by byte, with the cookies of a session or none. */
import { open, readAnswers } from '../conformance/raw-client.ts'
import type { IdentityBench, SiteName } from './identity-bench.ts'

export async function openWebSocket(bench: IdentityBench, site: SiteName, cookies: string | null) {
  const socket = await open(bench.destination(site))
  const lines = [
    'GET /socket HTTP/1.1',
    `Host: ${new URL(bench.origin(site)).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(cookies ? [`Cookie: ${cookies}`] : []),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return { socket, reply: await readAnswers(socket, { methods: ['GET'] }) }
}
