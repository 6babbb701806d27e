/** A small application for the lab, run where a host stands: `backend.ts '{"port": 8080, …}'`. */
import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { argv, stdout } from 'node:process'

export interface BackendSetting {
  readonly id: string
  readonly port: number
  /** `::` is dual-stack, `0.0.0.0` IPv4 only; several listen separately. */
  readonly listen: readonly string[]
  /** Combined log format; null: none. */
  readonly accessLog: string | null
  /** Answers `/metrics` as Prometheus does. */
  readonly metrics: boolean
  /** The page links to this origin, absolutely. */
  readonly link: string | null
}

type Answer = (request: IncomingMessage, response: ServerResponse, setting: BackendSetting) => void

const html = (response: ServerResponse, body: string) =>
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)

const answers: Readonly<Record<string, Answer>> = {
  '/healthz': (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n'),
  '/metrics': (_, response, { metrics }) =>
    metrics
      ? response
          .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
          .end(
            '# HELP process_cpu_seconds_total CPU.\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1\n',
          )
      : response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n'),
  '/': (_, response, { id, link }) =>
    html(response, `<!doctype html><title>${id}</title><h1>${id}</h1><a href="${link ?? ''}/next">next</a>\n`),
  '/next': (_, response, { id }) => html(response, `<!doctype html><title>${id}</title><p>next page of ${id}</p>\n`),
  '/events': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const timer = setInterval(() => response.write(`data: ${Date.now()}\n\n`), 100)
    request.on('close', () => clearInterval(timer))
  },
  '/trailers': (_, response) => {
    response.writeHead(200, { trailer: 'x-digest' })
    response.write('body')
    response.addTrailers({ 'x-digest': 'abc' })
    response.end()
  },
  '/upload': (request, response) => {
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk))
    request.on('end', () => response.end(hash.digest('hex')))
  },
}

const echo: Answer = (request, response, { id }) => {
  const body = JSON.stringify({ backend: id, method: request.method, target: request.url, headers: request.rawHeaders })
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

function logTime(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
}

function serve(setting: BackendSetting): void {
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { remoteAddress = '-' } = request.socket
    response.on('finish', () => {
      if (setting.accessLog === null) return
      const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
      const source = remoteAddress.replace(/^::ffff:/, '')
      appendFileSync(
        setting.accessLog,
        `${source} - - [${logTime(new Date())}] "${line}" ${response.statusCode} - "-" "${request.headers['user-agent'] ?? '-'}"\n`,
      )
    })
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const answer = Object.hasOwn(answers, path) ? answers[path] : echo
    answer?.(request, response, setting)
  }
  let waiting = setting.listen.length
  for (const host of setting.listen) {
    const server = createServer({ keepAliveTimeout: 60_000 }, handle)
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    server.listen({ port: setting.port, host, ipv6Only: host === '::' && setting.listen.length > 1 }, () => {
      waiting -= 1
      if (waiting === 0) stdout.write('listening\n')
    })
  }
}

serve(JSON.parse(argv[2] ?? '{}') as BackendSetting)
