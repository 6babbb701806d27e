/** What a `via` is called in output, and what makes two of them the same host or the same way in. */
import type { Via } from '@lockgate/model'

export type SshVia = Extract<Via, { ssh: string }>

/** Where an ssh client connects to, taken apart from `USER@HOST`, `HOST:PORT` or `[IPV6]`. */
export interface SshAddress {
  readonly user: string | null
  readonly host: string
  readonly port: number | null
}

/** Parts of `USER@HOST[:PORT]`; an IPv6 address may stand in brackets or, without a port, bare. */
export function sshAddress(value: string): SshAddress {
  const at = value.lastIndexOf('@')
  const user = at < 0 ? null : value.slice(0, at)
  const rest = value.slice(at + 1)
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(rest)
  if (bracketed) return { user, host: bracketed[1] as string, port: bracketed[2] ? Number(bracketed[2]) : null }
  const withPort = /^([^:]+):(\d+)$/.exec(rest)
  if (withPort) return { user, host: withPort[1] as string, port: Number(withPort[2]) }
  return { user, host: rest, port: null }
}

/** For people: `local`, `netns:users`, `ssh:ops@10.20.0.11`, `files:out`. */
export function viaLabel(via: Via): string {
  if (via === 'local') return 'local'
  if ('netns' in via) return `netns:${via.netns}`
  if ('files' in via) return `files:${via.files}`
  return `ssh:${via.ssh}${via.port === undefined || via.port === 22 ? '' : `:${via.port}`}`
}

/** The same for the same host, whoever logs in there and with whatever key. */
export function viaKey(via: Via): string {
  if (via === 'local') return 'local'
  if ('netns' in via) return `netns:${via.netns}`
  if ('files' in via) return `files:${via.files.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.'}`
  const to = sshAddress(via.ssh)
  const jump = via.jump === undefined ? null : sshAddress(via.jump)
  const through = jump ? ` via ${jump.host.toLowerCase()}:${jump.port ?? 22}` : ''
  return `ssh:[${to.host.toLowerCase()}]:${via.port ?? to.port ?? 22}${through}`
}

/** The same only where one open connection serves both: host, user, key, known hosts and sudo are equal. */
export function connectionKey(via: Via): string {
  if (via === 'local' || !('ssh' in via)) return viaKey(via)
  const user = sshAddress(via.ssh).user ?? ''
  return [viaKey(via), user, via.jump ?? '', via.key ?? '', via['known-hosts'] ?? '', via.sudo ? 'sudo' : ''].join('\n')
}
