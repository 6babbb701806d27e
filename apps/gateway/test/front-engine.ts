/** The least of an engine: https for users, pages and everything else over the gateway's socket. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Idp } from '../../../test/lab/idp/index.ts'

const ours = /^lockgate[-_.]/i

/** Sets what an engine says of each request, having removed what the client said. */
function heard(headers: NodeJS.Dict<string | string[]>, peer: string): NodeJS.Dict<string | string[]> {
  const kept = Object.entries(headers).filter(([name]) => !ours.test(name))
  return {
    ...Object.fromEntries(kept),
    'lockgate-scheme': 'https',
    'lockgate-source': peer,
    'lockgate-host': String(headers.host),
  }
}

export async function startFrontEngine(idp: Idp, port: number, socketPath: string): Promise<void> {
  const pair = await idp.authority.issue(`front-${port}`, ['login.acme.test', 'app.acme.test', 'other.acme.test'])
  const tls = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }
  const server = createServer(tls, (asked, answer) => {
    const { method, url: path } = asked
    const headers = heard(asked.headers, asked.socket.remoteAddress ?? '')
    const further = request({ socketPath, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.rawHeaders)
      response.pipe(answer)
      response.on('error', () => answer.destroy())
      response.on('aborted', () => answer.destroy())
    })
    further.on('error', () => answer.destroy())
    asked.pipe(further)
  })
  server.on('upgrade', (asked, client) => {
    const upstream = connect(socketPath, () => {
      const headers = heard(asked.headers, asked.socket.remoteAddress ?? '')
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
      upstream.write([`GET ${asked.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
      client.pipe(upstream).pipe(client)
    })
    for (const one of [client, upstream])
      one.on('error', () => undefined).on('close', () => [client, upstream].map((x) => x.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise((resolve) => void server.close(() => resolve()))
  })
}
