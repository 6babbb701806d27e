/** Reads known_hosts files as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", has them, and judges the key of a server. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface KnownHost {
  readonly patterns: string
  readonly revoked: boolean
  readonly type: string
  readonly key: Buffer
}

export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked'

/** Lines of certificate authorities are left out: a server's certificate is never asked for, its plain key is. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(?:(@\S+)\s+)?([^\s#@]\S*)\s+(\S+)\s+([A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line)
    if (!match || match[1] === '@cert-authority') return []
    if (match[1] !== undefined && match[1] !== '@revoked') return []
    const key = Buffer.from(match[4] as string, 'base64')
    return [{ patterns: match[2] as string, revoked: match[1] === '@revoked', type: match[3] as string, key }]
  })
}

/** The name under which a host is known: in brackets with its port unless that is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

function matchesHash(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|')
  if (!salt || !hash) return false
  const expected = Buffer.from(hash, 'base64')
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern.toLowerCase().replace(/[\\^$+.()|{}[\]]/g, '\\$&')
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name)
}

/** A pattern with `!` that matches excludes the host from its line, whatever else there matches. */
function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name)
  let found = false
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    found = true
  }
  return found
}

export function knownKeys(hosts: readonly KnownHost[], name: string): readonly KnownHost[] {
  return hosts.filter((host) => matches(host.patterns, name))
}

/** First string of an SSH public key (RFC 4253 6.6). */
export function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')
}

/** As `ssh-keygen -lf` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

export function judgeHostKey(known: readonly KnownHost[], key: Buffer): HostKeyVerdict {
  const same = known.filter((host) => host.key.equals(key))
  if (same.some((host) => host.revoked)) return 'revoked'
  if (same.length > 0) return 'known'
  return known.some((host) => !host.revoked) ? 'changed' : 'unknown'
}

/** SHA-1 signatures (`ssh-rsa`) are not among them; OpenSSH offers RSA keys with SHA-2 since 7.2. */
const signatures: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** Signature algorithms to offer: those of keys that are known first, so that a server shows the key that is known. */
export function signatureOrder(known: readonly KnownHost[]): readonly string[] {
  const wanted = known.filter((host) => !host.revoked).flatMap((host) => signatures[host.type] ?? [])
  return [...new Set([...wanted, ...Object.values(signatures).flat()])]
}
