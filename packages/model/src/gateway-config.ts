/** FOLDER/gateway.json: what the builtin plane writes and the running gateway watches. */
import { z } from 'zod'
import { secret } from './config.ts'
import { groupName } from './names.ts'

const endpoint = z.strictObject({ scheme: z.enum(['http', 'https']), host: z.string(), port: z.number().int() })
const keyPair = z.strictObject({ certificate: z.string(), key: z.string() })

/** Stage identity at one edge. Times are milliseconds. */
const identity = z.strictObject({
  /** What people see on the pages. */
  organisation: z.string(),
  language: z.enum(['en', 'zh-TW']),
  /** The one login origin; `servesLogin`: this gateway answers for it. */
  origin: endpoint,
  servesLogin: z.boolean(),
  /** Public origins that a login may lead back to. */
  origins: z.array(z.string()),
  issuer: z.string(),
  /** PEM; null: the system's roots. */
  idpCa: z.string().nullable(),
  /** null: a public client (PKCE alone). */
  client: z.strictObject({ id: z.string(), secret: secret.nullable() }),
  scope: z.string().optional(),
  mfa: z.strictObject({
    acr: z.array(z.string()),
    amr: z.array(z.array(z.string())),
    /** What every login asks for; absent: what the identity provider needs. */
    ask: z.array(z.string()).optional(),
  }),
  claims: z.strictObject({
    user: z.string().nullable(),
    require: z.array(z.string()),
    groups: z.string().nullable(),
  }),
  session: z.strictObject({ idle: z.number(), absolute: z.number(), pass: z.number() }),
  stepUp: z.array(
    z.strictObject({
      backend: z.string(),
      path: z.string(),
      acr: z.array(z.string()),
      maxAge: z.number().nullable(),
    }),
  ),
  api: z.strictObject({ audience: z.array(z.string()), introspection: z.boolean() }),
  /** Where the engines of this host ask: `unix:/PATH`, `127.0.0.1:PORT`; empty for the builtin plane. */
  decide: z.array(z.string()),
  /**
   * `brief`: no engine of this host reads a pass; it only names its session there. `listed`: there are none; the engine looks a
   * session up in `liveFolder`.
   */
  passes: z.enum(['whole', 'brief', 'listed']).optional(),
  /** Folder in which the engine of this host keeps answers; absent: it keeps none. */
  kept: z.string().optional(),
  /** Of Unix sockets among them; absent: the group of the folder. */
  group: groupName.optional(),
  store: z.string(),
  state: z.string(),
})
export type GatewayIdentity = z.infer<typeof identity>

export const gatewayConfigSchema = z.strictObject({
  version: z.literal(1),
  edge: z.string(),
  /** `proxy`: it is the edge (builtin). `decide`: it signs in and decides for an engine on this host, and binds no public address. */
  role: z.enum(['proxy', 'decide']).optional(),
  identity: identity.nullable().optional(),
  /** `sha256:…`, shown to whoever asks for `generationHost(generation)`. */
  generation: z.string(),
  accessLog: z.string().nullable(),
  /** Addresses to bind; host is an IP address. */
  listen: z.array(endpoint),
  /** Paths on the edge's host; null where nothing listens on https. By name before the default. */
  tls: z.strictObject({ default: keyPair.nullable(), names: z.record(z.string(), keyPair) }).nullable(),
  backends: z.array(
    z.strictObject({
      id: z.string(),
      public: endpoint,
      upstream: endpoint,
      paths: z.strictObject({
        encodedSlash: z.enum(['refuse', 'keep']),
        dotSegments: z.enum(['refuse', 'resolve']),
        emptySegments: z.enum(['refuse', 'merge', 'keep']),
        parameters: z.enum(['refuse', 'keep']),
        case: z.enum(['exact', 'ignore']),
      }),
      bodyLimit: z.number().int(),
      timeoutMs: z.number().int(),
      /** Stage identity for this backend; absent or null: only forwarded to. */
      identity: z
        .strictObject({
          kind: z.enum(['assertion', 'headers', 'none']),
          mode: z.enum(['observe', 'canary', 'enforce']),
          percent: z.number().min(0).max(100),
        })
        .nullable()
        .optional(),
    }),
  ),
})
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>

/** The Host for which an edge answers 200 with the generation as its whole body: only the generation that is live knows it. */
export const generationHost = (generation: string): string =>
  `g-${generation.replace(/^sha256:/, '').slice(0, 32)}.lockgate.invalid`
