/** One GET over a connection that a host opened, for the admin interfaces of engines. */
import { request } from 'node:http'
import type { Endpoint, Reach } from '@lockgate/model'

export type Got = { readonly status: number; readonly body: string } | { readonly because: string }

/** Bytes of an answer. */
const largest = 256 * 1024 * 1024

export async function httpGet(reach: Reach, target: Endpoint, path: string, timeoutMs = 10_000): Promise<Got> {
  const connection = await reach.connect(target, { timeoutMs })
  if (connection.outcome !== 'connected') return { because: `${connection.outcome}: ${connection.detail}` }
  const { socket } = connection
  return new Promise((resolve) => {
    const end = (got: Got) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(got)
    }
    const timer = setTimeout(() => end({ because: `no whole answer within ${timeoutMs} ms` }), timeoutMs)
    const asked = request(
      { createConnection: () => socket, method: 'GET', path, headers: { host: 'localhost', connection: 'close' } },
      (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > largest) end({ because: `an answer of more than ${largest} bytes` })
        })
        answer.on('end', () => end({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
        answer.on('error', (cause) => end({ because: cause.message }))
      },
    )
    asked.on('error', (cause) => end({ because: cause.message }))
    asked.end()
  })
}
