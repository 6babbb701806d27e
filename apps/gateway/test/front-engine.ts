/** The least of an engine: https for users, everything they ask goes on over the gateway's socket, as it came. */
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Idp } from '../../../test/lab/idp/index.ts'
import type { Later } from './gateway-stand.ts'

/** What engines ask by; users never. */
const engines = /^lockgate[-_.](?:backend|method|target|host|scheme|source|upgrade)$/i

/** Names and values in turn: the client's as they came, and what an engine says of its own. */
function heard({ rawHeaders, headers, socket }: IncomingMessage): string[] {
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!engines.test(rawHeaders[i] as string)) kept.push(rawHeaders[i] as string, rawHeaders[i + 1] as string)
  const said = ['Lockgate-Scheme', 'https', 'Lockgate-Source', socket.remoteAddress ?? '']
  return [...kept, ...said, 'Lockgate-Host', String(headers.host)]
}

export async function startFrontEngine(
  idp: Idp,
  port: number,
  socketPath: string,
  later: Later = onTestFinished,
): Promise<void> {
  const pair = await idp.authority.issue(`front-${port}`, ['login.acme.test', 'app.acme.test', 'other.acme.test'])
  const tls = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }
  const server = createServer({ ...tls, maxHeaderSize: 131_072 }, (asked, answer) => {
    const further = request(
      { socketPath, method: asked.method, path: asked.url, headers: heard(asked) },
      (response) => {
        answer.writeHead(response.statusCode ?? 500, response.rawHeaders)
        response.pipe(answer)
        response.on('close', () => response.complete || answer.destroy())
      },
    )
    further.on('error', () => answer.destroy())
    // Whole, in one write: node's client loses an answer that came before its last, empty write meets a closed socket.
    buffer(asked).then(
      (body) => further.end(body),
      () => further.destroy(),
    )
  })
  server.on('upgrade', (asked, client) => {
    const upstream = connect(socketPath, () => {
      const pairs = heard(asked)
      const lines = pairs.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${pairs[i + 1]}`]))
      upstream.write([`GET ${asked.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
      client.pipe(upstream).pipe(client)
    })
    const end = (): void => void [client, upstream].map((one) => one.destroy())
    for (const one of [client, upstream]) one.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  later(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
}
