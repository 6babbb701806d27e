/** Listening TCP sockets of a host: the kernel's tables, with what `ss` adds about processes and dual stack. */
import type { Listener } from '@lockgate/model'
import { parseProcNet } from './proc-net.ts'

export const ssArgv = ['ss', '-H', '-l', '-n', '-t', '-p', '-e'] as const

interface SsLine {
  readonly address: string
  readonly port: number
  readonly process: string | null
  readonly v6only: boolean | null
}

/** `*` is a wildcard socket of family 6 that also takes IPv4; `[::]` one that does not (ss.c, inet_addr_print). */
function parseSsLine(line: string): SsLine | null {
  const match = /^LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s*(.*)$/.exec(line.trim())
  if (!match) return null
  const shown = match[1] as string
  const address = shown === '*' ? '::' : shown.replace(/^\[|\]$/g, '').replace(/%[^%]*$/, '')
  const rest = match[3] as string
  const only = /(?:^|\s)v6only:([01])/.exec(rest)?.[1]
  return {
    address,
    port: Number(match[2]),
    process: /users:\(\("([^"]+)"/.exec(rest)?.[1] ?? null,
    v6only: only === undefined ? null : only === '1',
  }
}

/** tcp6 is null where the kernel has no IPv6; `ss` is null where it is not installed or failed. */
export function listenersOf(tcp: string, tcp6: string | null, ss: string | null): readonly Listener[] {
  const kernel = [...parseProcNet(tcp, 4), ...(tcp6 === null ? [] : parseProcNet(tcp6, 6))]
  const lines = (ss ?? '').split('\n').flatMap((line) => parseSsLine(line) ?? [])
  const known = new Map(lines.map((line) => [`${line.address} ${line.port}`, line]))
  return kernel.map((listener) => {
    const line = known.get(`${listener.address} ${listener.port}`)
    if (!line) return listener
    const dualStack = listener.dualStack === null && line.v6only !== null ? !line.v6only : listener.dualStack
    return { ...listener, process: line.process, dualStack }
  })
}
