/** Stands where Lockgate will: takes redirects and back-channel logouts, and remembers them. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { KeyPair } from '../certificates.ts'

export interface Landing {
  readonly port: number
  /** Bodies of the POSTs that came, oldest first. */
  readonly posts: readonly string[]
  close(): Promise<void>
}

export async function startLanding(pair: KeyPair): Promise<Landing> {
  const posts: string[] = []
  const server = createServer(
    { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) },
    async (request, response) => {
      if (request.method === 'POST') posts.push(await text(request))
      response.writeHead(200, { connection: 'close' }).end('landed')
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    posts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
