/** Finds where an answer names the backend's own address instead of its public name. Pure. */

export interface Needles {
  /** The upstream's name and addresses, the hosts' addresses; not the public name. */
  readonly hosts: readonly string[]
  readonly publicHost: string
  readonly publicPort: number
  readonly upstreamPort: number
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const written = (host: string) => (host.includes(':') ? `\\[${escaped(host)}\\]` : escaped(host))
/** `//`, and as JSON and JavaScript may write it: `\/\/`. */
const slashes = '\\\\?/\\\\?/'
const scheme = '(?:(?:https?|wss?):)?'
const notBefore = '(?<![\\w.-])'

/** Loopback names say something only together with the upstream's port: a page may well speak of localhost. */
const isLocal = (host: string) => /^(?:localhost|127\.|::1$)/.test(host)

function patterns(needles: Needles): readonly RegExp[] {
  const { hosts, publicHost, publicPort, upstreamPort } = needles
  const own = hosts.filter((one) => one !== publicHost && !isLocal(one)).map(written)
  const local = ['localhost', '127.0.0.1', '::1', ...hosts.filter(isLocal)]
    .filter((one) => one !== publicHost)
    .map(written)
  const withPort = [...local, ...own, ...(upstreamPort === publicPort ? [] : [written(publicHost)])].join('|')
  return [
    ...(own.length > 0
      ? [new RegExp(`${scheme}${slashes}(?:[^\\s"'/@]{1,64}@)?(?:${own.join('|')})(?![\\w.-]*\\w)(?::\\d+)?`, 'gi')]
      : []),
    new RegExp(`(?:${scheme}${slashes}|${notBefore})(?:${withPort}):${upstreamPort}(?!\\d)`, 'gi'),
  ]
}

/** What is found, in one spelling each. */
export function mentionsIn(text: string, needles: Needles): readonly string[] {
  const found = patterns(needles).flatMap((pattern) =>
    [...text.matchAll(pattern)].map((one) => one[0].replaceAll('\\', '')),
  )
  return [...new Set(found)].filter(
    (one, _index, all) => !all.some((other) => other !== one && other.endsWith(`//${one}`)),
  )
}

/** A cookie that is sent to the backend's name instead of the public one (RFC 6265 §4.1.2.3). */
export function cookieDomain(setCookie: string, needles: Needles): string | null {
  const domain = /;\s*domain=\.?([^;\s]+)/i.exec(setCookie)?.[1]?.toLowerCase()
  return domain !== undefined && needles.hosts.includes(domain) && domain !== needles.publicHost ? domain : null
}
