/** Asks an edge which generation is live, as apply does. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rendered } from '@lockgate/model'
import { send } from './raw-client.ts'

/** Until every address of the proof shows this generation. */
export async function askGeneration({ target }: Rendered, ca: string, timeoutMs = 15_000): Promise<void> {
  const { proof } = target
  if (proof?.kind !== 'http') throw new Error('an edge proves its generation over http')
  const missing = new Set(proof.urls)
  let last = 'nothing'
  for (const end = performance.now() + timeoutMs; missing.size > 0; await sleep(20)) {
    for (const url of missing) {
      last = await askText(url, proof.host, ca)
      if (last === proof.expect) missing.delete(url)
    }
    if (missing.size > 0 && performance.now() > end)
      throw new Error(`${[...missing].join(', ')} do not show the generation ${proof.expect}, but: ${last}`)
  }
}

/** The body of the answer to GET, or why there is none. */
export async function askText(url: string, host: string, ca: string): Promise<string> {
  const { protocol, hostname, port } = new URL(url)
  const tls = protocol === 'https:' ? { tls: { sni: host, ca } } : {}
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), ...tls }
  const bytes = `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`
  const { answers, error } = await send(to, bytes, { methods: ['GET'], timeoutMs: 2_000 })
  return answers[0] ? answers[0].body.text : String(error)
}
