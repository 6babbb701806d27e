/** The identity provider as the gateway will meet it: its metadata, asked from the host of the login edge. */
import { sendExactly } from '@lockgate/checks'
import type { Edge, IdentitySettings, Origin, Reach } from '@lockgate/model'
import type { Finding } from './finding.ts'
import { judgeMetadata, type Metadata } from './idp-metadata.ts'
import { readIdpCa } from './render-stage.ts'
import type { Workspace } from './workspace.ts'

const subject = 'identity provider'
const wellKnown = '.well-known/openid-configuration'

const bad = (text: string): readonly Finding[] => [{ subject, ok: false, text }]

function originOf({ protocol, hostname, port, origin }: URL): Origin {
  const scheme = protocol === 'http:' ? 'http' : 'https'
  const host = hostname.replace(/^\[|\]$/g, '')
  return { scheme, host, port: port === '' ? (scheme === 'http' ? 80 : 443) : Number(port), origin }
}

function parse(body: string): Metadata | null {
  try {
    const found: unknown = JSON.parse(body)
    return typeof found === 'object' && found !== null ? (found as Metadata) : null
  } catch {
    return null
  }
}

/** `ca`: PEM; null: the system's roots. */
export async function lookAtIdp(
  identity: IdentitySettings,
  { reach, from, ca, signal }: { reach: Reach; from: string; ca: string | null; signal: AbortSignal },
): Promise<readonly Finding[]> {
  const url = new URL(wellKnown, identity.issuer.endsWith('/') ? identity.issuer : `${identity.issuer}/`)
  const origin = originOf(url)
  const headers = [['Accept', 'application/json']] as const
  const ask = { endpoint: origin, origin, ca, method: 'GET', target: url.pathname, headers }
  const answer = await sendExactly(ask, reach, signal)
  if (answer.outcome !== 'answered')
    return bad(
      `${url.href} gives no answer to ${from}: ${answer.outcome}: ${answer.detail}; where its certificate comes from a CA of your own, set identity.ca`,
    )
  if (answer.status !== 200)
    return bad(`${url.href} answers ${answer.status}: is identity.issuer right, with its path?`)
  const metadata = parse(answer.body.toString('utf8'))
  if (!metadata) return bad(`${url.href} answers something other than JSON: is identity.issuer right, with its path?`)
  return [{ subject, ok: true, text: `${identity.issuer} answers ${from}` }, ...judgeMetadata(metadata, identity)]
}

export async function examineIdp(workspace: Workspace): Promise<readonly Finding[]> {
  const { settings, dir, pool, signal } = workspace
  const { identity } = settings
  if (!identity) return []
  const edge = settings.edges.find((one) => one.id === identity.edge) as Edge
  const got = await pool.tryGet(edge.via)
  if ('failed' in got) return []
  const from = `the host of the edge ${edge.id}`
  if (!got.reach.live) return [{ subject, ok: true, text: `not asked: ${from} is a folder` }]
  return lookAtIdp(identity, { reach: got.reach, from, ca: await readIdpCa(settings, dir), signal })
}
