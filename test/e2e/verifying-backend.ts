/** A backend that takes the assertion and nothing else: `verifying-backend.ts '{"port": 8080, "origin": "https://…", "edge": "10.…", "ca": FILE}'`. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { authenticate, refuse, type VerifierOptions } from '@lockgate/assertion/node'

interface Setting {
  readonly port: number
  readonly origin: string
  /** Where the origin is met: the lab has no DNS. */
  readonly edge: string
  readonly ca: string
}

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting
const ca = readFileSync(setting.ca, 'utf8')

function fetchKeys(input: string | URL | Request): Promise<Response> {
  const { pathname, host, hostname } = new URL(input instanceof Request ? input.url : input)
  return new Promise((resolve, reject) => {
    const asked = request({
      host: setting.edge,
      port: 443,
      path: pathname,
      ca,
      servername: hostname,
      headers: { host },
    })
    asked.on('error', reject)
    asked.on('response', (answer) =>
      json(answer).then((body) => resolve(Response.json(body, { status: answer.statusCode ?? 502 })), reject),
    )
    asked.end()
  })
}

const options: VerifierOptions = { origin: setting.origin, fetch: fetchKeys }

const server = createServer(async (asked, answer) => {
  if (asked.url === '/healthz') return answer.end('ok\n')
  try {
    const identity = await authenticate(asked, options)
    answer
      .writeHead(asked.url === '/' ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(identity))
  } catch (error) {
    refuse(answer, error)
  }
})
server.listen(setting.port, '::', () => process.stdout.write('listening\n'))
