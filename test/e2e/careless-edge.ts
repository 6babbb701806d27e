/** A reverse proxy that believes everybody: `careless-edge.ts '{"address", "certificate", "key", "upstreams": {NAME: URL}}'`. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'

interface Setting {
  readonly address: string
  readonly certificate: string
  readonly key: string
  readonly upstreams: Readonly<Record<string, string>>
}

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting
const tls = { cert: readFileSync(setting.certificate), key: readFileSync(setting.key) }

createServer(tls, (asked, answer) => {
  const upstream = setting.upstreams[asked.headers.host ?? '']
  if (!upstream) return answer.writeHead(404).end()
  const { method = 'GET', url = '/', rawHeaders } = asked
  const further = request(new URL(upstream), { method, path: url, headers: rawHeaders, setHost: false })
  further.on('response', (given) => given.pipe(answer.writeHead(given.statusCode ?? 502, given.headers)))
  further.on('error', () => answer.headersSent || answer.writeHead(502).end())
  asked.pipe(further)
}).listen(443, setting.address, () => process.stdout.write('listening\n'))
