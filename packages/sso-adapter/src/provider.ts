/** The IdP as discovered: asked when first needed, again each hour, and again soon after it could not be had. */
import { LockgateError } from '@lockgate/model'
import {
  allowInsecureRequests,
  Configuration,
  type CustomFetch,
  clockTolerance,
  customFetch,
  discovery,
  type ServerMetadata,
} from 'openid-client'
import { clientAuth } from './client-auth.ts'
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import { explainProblem } from './explain-problem.ts'
import type { SsoOptions } from './options.ts'
import { signatureAlgorithms } from './signature-algorithms.ts'

const FRESH = 3_600_000
const RETRY = 2_000

export interface Discovered {
  readonly configuration: Configuration
  readonly metadata: ServerMetadata
  /** Entra ID, whose metadata say so: it has its own names for some things. */
  readonly isEntra: boolean
}

export interface Provider {
  /** Rejects with LG3301 while the IdP has never answered as it should. */
  discovered(): Promise<Discovered>
  /** What is known without asking. */
  known(): Discovered | null
}

const entraMarks = ['tenant_region_scope', 'cloud_instance_name']

/** Only this issuer may sign people in: openid-client lets Entra's `{tenantid}` template pass, which any tenant fits. */
function refuseOtherIssuer(configuration: Configuration, issuer: string): void {
  const found = configuration.serverMetadata().issuer
  if (new URL(found).href !== new URL(issuer).href)
    throw new Error(`the metadata of ${issuer} say that the issuer is ${found}; write that one, with its own tenant`)
}

/** Some sign their userinfo and do not say how (the metadata are optional): as their tokens may be. */
const withUserInfoAlgorithms = (server: ServerMetadata): ServerMetadata => ({
  ...server,
  userinfo_signing_alg_values_supported: server.userinfo_signing_alg_values_supported ?? [...signatureAlgorithms],
})

/** Plain http is for an IdP on this machine: a demo, a test. */
const isLoopback = (issuer: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:|\/|$)/.test(issuer)

async function discover({ settings, credentials }: SsoOptions, fetch: CustomFetch): Promise<Discovered> {
  const { issuer, clientId } = settings
  const secret = await credentials()
  const insecure = isLoopback(issuer) ? [allowInsecureRequests] : []
  const options = { [customFetch]: fetch, execute: insecure, timeout: 10 }
  const found = await discovery(new URL(issuer), clientId, undefined, undefined, options)
  refuseOtherIssuer(found, issuer)
  const server: ServerMetadata = { ...found.serverMetadata() }
  const auth = await clientAuth(secret, server)
  const client = { [clockTolerance]: CLOCK_TOLERANCE }
  const configuration = new Configuration(withUserInfoAlgorithms(server), clientId, client, auth)
  configuration[customFetch] = fetch
  configuration.timeout = 10
  for (const apply of insecure) apply(configuration)
  return { configuration, metadata: server, isEntra: entraMarks.some((mark) => mark in server) }
}

export function createProvider(options: SsoOptions, fetch: CustomFetch, now: () => number): Provider {
  let known: { readonly discovered: Discovered; readonly at: number } | null = null
  let asking: Promise<Discovered> | null = null
  let failed: { readonly because: LockgateError; readonly at: number } | null = null

  const ask = async (): Promise<Discovered> => {
    try {
      const discovered = await discover(options, fetch)
      known = { discovered, at: now() }
      failed = null
      return discovered
    } catch (cause) {
      const because = new LockgateError('LG3301', explainProblem(options.settings.issuer, cause), { cause })
      failed = { because, at: now() }
      options.onProblem?.(because.message)
      throw because
    } finally {
      asking = null
    }
  }
  const askOnce = (): Promise<Discovered> => {
    if (failed && now() - failed.at < RETRY && now() >= failed.at) return Promise.reject(failed.because)
    asking ??= ask()
    return asking
  }
  return {
    known: () => known?.discovered ?? null,
    discovered() {
      if (!known) return askOnce()
      if (now() - known.at > FRESH) askOnce().catch(() => {})
      return Promise.resolve(known.discovered)
    },
  }
}
