/** Bytes as they are over TLS, for requests that no client library would send. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'

/** All that comes back until the connection ends, or `ms` milliseconds have gone by. */
export const sendTls = (port: number, servername: string, caFile: string, text: string, ms = 3_000): Promise<string> =>
  new Promise((resolve) => {
    let all = ''
    const socket = connect({ port, host: '127.0.0.1', servername, ca: readFileSync(caFile) })
    const timer = setTimeout(() => socket.destroy(), ms)
    socket.on('secureConnect', () => socket.write(Buffer.from(text, 'latin1')))
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(all)
    })
  })
