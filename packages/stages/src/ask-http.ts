/** One plain HTTP request over a connection from a host, for the few bytes that are needed of its answer. */
import type { Duplex } from 'node:stream'
import type { Backend, Reach } from '@lockgate/model'

/** Milliseconds for the whole answer. */
export const askPatience = 3_000
const most = 16_384

/** What came until the other side closed, at most 16 KiB. Rejects where nothing whole came in time. */
export function exchange(stream: Duplex, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error(`no whole answer within ${askPatience / 1_000} s`)), askPatience)
    const done = (act: () => void) => {
      clearTimeout(timer)
      act()
    }
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.length > most) done(() => resolve(text))
    })
    stream.on('end', () => done(() => resolve(text)))
    stream.on('close', () => done(() => resolve(text)))
    stream.on('error', (error) => done(() => reject(error)))
    // Connections are handed over paused.
    stream.resume()
    stream.write(request)
  })
}

/** The status that a backend's upstream answers for the path; null where it does not answer. */
export async function askStatus(
  reach: Reach,
  { upstream, public: { host } }: Backend,
  path: string,
  signal: AbortSignal,
): Promise<number | null> {
  const outcome = await reach.connect({ host: upstream.host, port: upstream.port }, { timeoutMs: 1_500, signal })
  if (outcome.outcome !== 'connected') return null
  try {
    const text = await exchange(outcome.socket, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
    return status === undefined ? null : Number(status)
  } catch {
    return null
  } finally {
    outcome.socket.destroy()
  }
}
