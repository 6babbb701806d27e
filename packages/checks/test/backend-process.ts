/** A small legacy application: pages, a health path, metrics, and an access log in the combined format. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

interface Options {
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  readonly log: string | null
  /** Body of /config.json. */
  readonly config: string
  readonly metrics: boolean
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const clfTime = (now: Date) => {
  const [date = '', clock = ''] = now.toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${months[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`
}

const pages: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['text/html', '<!doctype html><title>Payroll</title><script src="/app.js"></script><a href="/logout">out</a>'],
  '/app.js': ['text/javascript', 'fetch("/config.json").then(start)'],
  '/config.json': ['application/json', options.config],
  '/healthz': ['text/plain', 'ok'],
  ...(options.metrics
    ? { '/metrics': ['text/plain', '# TYPE requests_total counter\nrequests_total 7\n'] as const }
    : {}),
}

const answer: Parameters<typeof createServer>[1] = (request, response) => {
  if (options.log)
    appendFileSync(
      options.log,
      `${request.socket.remoteAddress} - - [${clfTime(new Date())}] "${request.method} ${request.url} HTTP/1.1" 200 2 "-" "${request.headers['user-agent'] ?? '-'}"\n`,
    )
  const [type, body] = pages[(request.url ?? '/').replace(/\?.*$/, '')] ?? ['text/plain', 'nothing here']
  response.writeHead(body === 'nothing here' ? 404 : 200, { 'content-type': type })
  response.end(body)
}

await Promise.all(
  options.listen.map(
    ({ host, port }) =>
      new Promise<void>((resolve) => createServer(answer).listen({ host, port, ipv6Only: host !== '::' }, resolve)),
  ),
)
console.log('ready')
