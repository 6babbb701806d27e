/** Reads FOLDER/gateway.json and the certificates that it names, and says why it cannot be used. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { type GatewayConfig, gatewayConfigSchema } from '@lockgate/model'
import type { KeyPair, TlsMaterial } from '@lockgate/proxy-core'

/** All that one generation of the gateway serves. */
export interface Generation {
  readonly config: GatewayConfig
  readonly tls: TlsMaterial
  /** Changes with the configuration and with every certificate in it. */
  readonly fingerprint: string
}

export type ConfigRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'bad'; readonly because: string }
  | { readonly kind: 'ok'; readonly generation: Generation }

/** 50,000 backends fit. */
const maxBytes = 64 * 1024 ** 2

type PathPair = NonNullable<NonNullable<GatewayConfig['tls']>['default']>

async function readPair(pair: PathPair): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(pair.certificate, 'utf8'), readFile(pair.key, 'utf8')])
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new Error(`${pair.certificate} and ${pair.key} are not a certificate and its key`, { cause: error })
  }
  return { cert, key }
}

async function readTls(config: GatewayConfig): Promise<TlsMaterial> {
  const names = Object.entries(config.tls?.names ?? {})
  const pairs = await Promise.all(names.map(async ([name, pair]) => [name, await readPair(pair)] as const))
  const standard = config.tls?.default ? await readPair(config.tls.default) : null
  if (config.listen.some((one) => one.scheme === 'https') && !standard && pairs.length === 0) {
    throw new Error('it listens on https and names no certificate')
  }
  return { default: standard, names: Object.fromEntries(pairs) }
}

function parse(text: string, edgeId: string): GatewayConfig {
  const read = gatewayConfigSchema.safeParse(JSON.parse(text))
  if (!read.success) {
    const [issue] = read.error.issues
    throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not a gateway configuration'}`)
  }
  if (read.data.edge !== edgeId) throw new Error(`it is for edge ${read.data.edge}, this gateway is ${edgeId}`)
  return read.data
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Never rejects. */
export async function readConfig(path: string, edgeId: string): Promise<ConfigRead> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) return { kind: 'bad', because: `it is larger than ${maxBytes} bytes` }
    const text = await readFile(path, 'utf8')
    const config = parse(text, edgeId)
    const tls = await readTls(config)
    const fingerprint = createHash('sha256').update(text).update(JSON.stringify(tls)).digest('hex')
    return { kind: 'ok', generation: { config, tls, fingerprint } }
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'path' in error
    if (absent && error.path === path) return { kind: 'absent' }
    return { kind: 'bad', because: messageOf(error) }
  }
}

/** What to look at for changes. */
export const certificatePaths = ({ tls }: GatewayConfig): readonly string[] =>
  [tls?.default, ...Object.values(tls?.names ?? {})].flatMap((pair) => (pair ? [pair.certificate, pair.key] : []))
