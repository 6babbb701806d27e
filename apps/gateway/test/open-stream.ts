/** A stream through a stand's gateway, and how long it stays open. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Stand } from './identity-stand.ts'

/** The first bytes of a stream, and how long it lives from then on. */
export async function stream(
  stand: Stand,
  cookie: string,
  lines: readonly string[],
): Promise<{ begun: string; ended: Promise<number> }> {
  const socket = connect({
    port: stand.port,
    host: '127.0.0.1',
    servername: 'app.acme.test',
    ca: readFileSync(stand.idp.ca),
  })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  const ended = new Promise<number>((resolve) => socket.on('close', () => resolve(Date.now())))
  const head = [...lines, `Host: app.acme.test:${stand.port}`, `Cookie: ${cookie}`, '', '']
  socket.on('secureConnect', () => socket.write(head.join('\r\n')))
  const begun = await new Promise<string>((resolve) => {
    let all = ''
    socket.on('data', (chunk) => {
      all += chunk
      if (all.includes('begun') || all.includes('101 ')) resolve(all)
    })
    socket.on('close', () => resolve(all))
    setTimeout(() => resolve(`nothing in time but ${all}`), 5_000)
  })
  return { begun, ended }
}

export const events = ['GET /stream HTTP/1.1', 'Accept: text/event-stream']
export const webSocket = [
  'GET /socket HTTP/1.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
