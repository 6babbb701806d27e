/** The IdP as discovered: asked when first needed, again each hour, and again soon after it could not be had. */
import { LockgateError } from '@lockgate/model'
import {
  allowInsecureRequests,
  Configuration,
  type CustomFetch,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client'
import { clientAuth } from './client-auth.ts'
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import { explainProblem } from './explain-problem.ts'
import type { SsoOptions } from './options.ts'

const FRESH = 3_600_000
const RETRY = 2_000

export interface Provider {
  /** Rejects with LG3301 while the IdP has never answered as it should. */
  configuration(): Promise<Configuration>
  /** What is known without asking. */
  known(): Configuration | null
}

/** Entra ID says so in its metadata; its own names for things follow from it. */
export const isEntra = (configuration: Configuration): boolean =>
  'tenant_region_scope' in configuration.serverMetadata() || 'cloud_instance_name' in configuration.serverMetadata()

/** Only this issuer may sign people in: openid-client lets Entra's `{tenantid}` template pass, which any tenant fits. */
function refuseOtherIssuer(configuration: Configuration, issuer: string): void {
  const found = configuration.serverMetadata().issuer
  if (new URL(found).href !== new URL(issuer).href)
    throw new Error(`the metadata of ${issuer} say that the issuer is ${found}; write that one, with its own tenant`)
}

/** Plain http is for an IdP on this machine: a demo, a test. */
const isLoopback = (issuer: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:|\/|$)/.test(issuer)

async function discover({ settings, credentials }: SsoOptions, fetch: CustomFetch): Promise<Configuration> {
  const { issuer, clientId } = settings
  const secret = await credentials()
  const insecure = isLoopback(issuer) ? [allowInsecureRequests] : []
  const options = { [customFetch]: fetch, execute: insecure, timeout: 10 }
  const found = await discovery(new URL(issuer), clientId, undefined, undefined, options)
  refuseOtherIssuer(found, issuer)
  const server = found.serverMetadata()
  const auth = await clientAuth(secret, server.token_endpoint_auth_methods_supported)
  const configuration = new Configuration(server, clientId, { [clockTolerance]: CLOCK_TOLERANCE }, auth)
  configuration[customFetch] = fetch
  configuration.timeout = 10
  for (const apply of [enableNonRepudiationChecks, ...insecure]) apply(configuration)
  return configuration
}

export function createProvider(options: SsoOptions, fetch: CustomFetch, now: () => number): Provider {
  let known: { readonly configuration: Configuration; readonly at: number } | null = null
  let asking: Promise<Configuration> | null = null
  let failed: { readonly because: LockgateError; readonly at: number } | null = null

  const ask = async (): Promise<Configuration> => {
    try {
      const configuration = await discover(options, fetch)
      known = { configuration, at: now() }
      failed = null
      return configuration
    } catch (cause) {
      const because = new LockgateError('LG3301', explainProblem(options.settings.issuer, cause), { cause })
      failed = { because, at: now() }
      options.onProblem?.(because.message)
      throw because
    } finally {
      asking = null
    }
  }
  const askOnce = (): Promise<Configuration> => {
    if (failed && now() - failed.at < RETRY && now() >= failed.at) return Promise.reject(failed.because)
    asking ??= ask()
    return asking
  }
  return {
    known: () => known?.configuration ?? null,
    configuration() {
      if (!known) return askOnce()
      if (now() - known.at > FRESH) askOnce().catch(() => {})
      return Promise.resolve(known.configuration)
    },
  }
}
