/** FOLDER/gateway.json: what the builtin plane writes and the running gateway watches. */
import { z } from 'zod'

const endpoint = z.strictObject({ scheme: z.enum(['http', 'https']), host: z.string(), port: z.number().int() })
const keyPair = z.strictObject({ certificate: z.string(), key: z.string() })

export const gatewayConfigSchema = z.strictObject({
  version: z.literal(1),
  edge: z.string(),
  /** `sha256:…`, shown to whoever asks for `generationHost(generation)`. */
  generation: z.string(),
  accessLog: z.string().nullable(),
  /** Addresses to bind; host is an IP address. */
  listen: z.array(endpoint).min(1),
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
    }),
  ),
})
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>

/** The Host for which an edge answers 200 with the generation as its whole body: only the generation that is live knows it. */
export const generationHost = (generation: string): string =>
  `g-${generation.replace(/^sha256:/, '').slice(0, 32)}.lockgate.invalid`
