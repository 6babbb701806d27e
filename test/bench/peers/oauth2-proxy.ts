/** oauth2-proxy with its session in the cookie, signed in: alone before a backend, or as nginx's auth_request. */

import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type RunningEngine, startForeground } from './engine-pair.ts'
import { type StubIdp, startStubIdp } from './stub-idp.ts'

/** $LOCKGATE_OAUTH2_PROXY, or where it was built once; null: it is not there. */
export function oauth2ProxyPath(): string | null {
  const named = process.env.LOCKGATE_OAUTH2_PROXY ?? join(homedir(), '.cache/lockgate-lab/oauth2-proxy')
  return existsSync(named) ? named : null
}

export interface SignedInPeer extends RunningEngine {
  /** The Cookie header of who is signed in. */
  readonly cookie: string
}

interface Ports {
  readonly port: number
  readonly idp: number
  readonly backend: number
}

const argvOf = (program: string, { port, backend }: Ports, issuer: string): readonly string[] => [
  program,
  `--http-address=127.0.0.1:${port}`,
  '--provider=oidc',
  `--oidc-issuer-url=${issuer}`,
  '--client-id=bench',
  '--client-secret=bench-secret',
  `--redirect-url=http://bench.test:${port}/oauth2/callback`,
  '--cookie-secret=0123456789abcdef0123456789abcdef',
  '--cookie-secure=false',
  '--email-domain=*',
  '--skip-provider-button',
  '--reverse-proxy',
  '--set-xauthrequest',
  '--pass-user-headers',
  `--upstream=http://127.0.0.1:${backend}`,
  '--request-logging=false',
  '--auth-logging=false',
  '--standard-logging=false',
]

const pairOf = (line: string): string => line.split(';')[0] as string

/** Follows the login by hand: the names of this benchmark are in no DNS. */
async function login(port: number): Promise<string> {
  const host = { host: `bench.test:${port}` }
  const ask = (url: string, cookie = '') =>
    fetch(url, { redirect: 'manual', headers: { ...host, ...(cookie ? { cookie } : {}) } })
  const begun = await ask(`http://127.0.0.1:${port}/oauth2/start?rd=/`)
  const csrf = begun.headers.getSetCookie().map(pairOf).join('; ')
  const back = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' })
  const callback = new URL(back.headers.get('location') ?? '')
  const done = await ask(`http://127.0.0.1:${port}${callback.pathname}${callback.search}`, csrf)
  const session = done.headers
    .getSetCookie()
    .map(pairOf)
    .filter((one) => /^_oauth2_proxy(_\d+)?=./.test(one))
  if (session.length === 0) throw new Error(`oauth2-proxy signed nobody in: ${done.status} ${await done.text()}`)
  return `theme=dark; ${session.join('; ')}`
}

export async function startOauth2Proxy(program: string, ports: Ports): Promise<SignedInPeer> {
  const idp: StubIdp = await startStubIdp(ports.idp, 'bench')
  try {
    const engine = await startForeground(argvOf(program, ports, idp.issuer), ports.port, 'inherit', { GOMAXPROCS: '1' })
    const stop = async () => {
      await engine.stop()
      await idp.close()
    }
    try {
      return { ...engine, stop, cookie: await login(ports.port) }
    } catch (error) {
      await engine.stop()
      throw error
    }
  } catch (error) {
    await idp.close()
    throw error
  }
}
