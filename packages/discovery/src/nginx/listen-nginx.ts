/** `listen` directives: the address they bind, and whether the server is the default there. */
import type { Directive } from './parse-nginx.ts'

export interface NginxListen {
  /** `0.0.0.0:80`, `[::]:443`, `unix:/run/x.sock`. */
  readonly address: string
  readonly tls: boolean
  readonly isDefault: boolean
}

function addressOf(text: string): string {
  if (text.startsWith('unix:')) return text
  if (/^\d+(-\d+)?$/.test(text)) return `0.0.0.0:${text}`
  const withPort = /^(\[[^\]]*\]|[^:]*):(\d+(?:-\d+)?)$/.exec(text)
  const host = withPort ? (withPort[1] as string) : text
  return `${host === '*' ? '0.0.0.0' : host.toLowerCase()}:${withPort?.[2] ?? '80'}`
}

const tlsWords = new Set(['ssl', 'quic'])

/** A server without `listen` listens on port 80 of all IPv4 addresses (ngx_http_core_module, as root). */
export function readListens(block: readonly Directive[], fallback: string | null = '*:80'): readonly NginxListen[] {
  const oldSsl = block.some((one) => one.name === 'ssl' && one.args[0] === 'on')
  const listens = block
    .filter((one) => one.name === 'listen')
    .map((one) => ({
      address: addressOf(one.args[0] ?? ''),
      tls: oldSsl || one.args.slice(1).some((word) => tlsWords.has(word)),
      isDefault: one.args.slice(1).some((word) => word === 'default_server' || word === 'default'),
    }))
  return listens.length > 0 || fallback === null
    ? listens
    : [{ address: addressOf(fallback), tls: oldSsl, isDefault: false }]
}

export const listenText = (one: NginxListen, stream: boolean): string =>
  one.address.startsWith('unix:') ? one.address : `${stream ? 'tcp' : one.tls ? 'https' : 'http'}://${one.address}`
