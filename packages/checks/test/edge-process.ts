/** A small gateway: hands listed names on to one upstream and refuses every other one with 421. */
import { request as ask, createServer } from 'node:http'

interface Options {
  readonly port: number
  readonly names: readonly string[]
  readonly upstream: { readonly host: string; readonly port: number }
  /** What every other name gets: 421, or the backend as behind a careless default virtual host. */
  readonly others: 'refused' | 'handed-on'
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options

const server = createServer((request, response) => {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '')
  if (!options.names.includes(name) && options.others === 'refused') {
    response.writeHead(421, { 'content-type': 'text/plain' })
    return response.end('misdirected')
  }
  const { method, url: path } = request
  const onward = ask({
    ...options.upstream,
    method,
    path,
    headers: { ...request.headers, connection: 'close' },
    timeout: 1_500,
  })
  onward.on('timeout', () => onward.destroy())
  onward.on('error', () => response.writeHead(502).end('bad gateway'))
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  return request.pipe(onward)
})
server.listen({ host: '::', port: options.port }, () => console.log('ready'))
