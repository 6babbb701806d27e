/** Two sockets joined after a protocol switch: bytes both ways with back-pressure, closed when both are silent. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface TunnelPlan {
  readonly client: Duplex
  readonly upstream: Duplex
  /** What the client sent behind its request. */
  readonly head: Buffer
  readonly status: number
  readonly headers: readonly string[]
  readonly silentMs: number
  /** Live tunnels, so that a stopping proxy can end them. */
  readonly tunnels: Set<Duplex>
  /** Bytes that went to the client. */
  readonly onEnd: (bytes: number) => void
}

function switchHead(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${text}\r\n`
}

const probeDeadPeers = (one: Duplex): void => {
  if (!(one instanceof Socket)) return
  one.setKeepAlive(true, 60_000)
  one.setNoDelay(true)
  one.setTimeout(0)
}

export function openTunnel(plan: TunnelPlan): void {
  const { client, upstream } = plan
  let bytes = 0
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    plan.tunnels.delete(client)
    client.destroy()
    upstream.destroy()
    plan.onEnd(bytes)
  }
  const timer = setTimeout(end, plan.silentMs)
  for (const one of [client, upstream]) {
    probeDeadPeers(one)
    one.on('error', end).on('close', end)
    one.on('data', () => timer.refresh())
  }
  upstream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  plan.tunnels.add(client)
  client.write(switchHead(plan.status, plan.headers), 'latin1')
  if (plan.head.length > 0) upstream.write(plan.head)
  client.pipe(upstream)
  upstream.pipe(client)
}
