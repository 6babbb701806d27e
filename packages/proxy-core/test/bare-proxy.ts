/** For the benchmark: the least that node:http and undici's dispatch need to proxy: no checks, no header rules, no log. */
import { createServer } from 'node:http'
import { type Dispatcher, Pool } from 'undici'

const pool = new Pool(`http://127.0.0.1:${process.argv[3]}`)

createServer((request, response) => {
  const body = request.headers['content-length'] || request.headers['transfer-encoding'] ? request : null
  const options = {
    path: request.url ?? '/',
    method: request.method as Dispatcher.HttpMethod,
    headers: request.headers,
    body,
  }
  pool.dispatch(options, {
    onRequestStart() {},
    onResponseStart(_controller, status, headers) {
      response.writeHead(status, headers)
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd() {
      response.end()
    },
    onResponseError() {
      response.writeHead(502).end()
    },
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
