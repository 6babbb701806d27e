/** The one definition of lockgate.yaml. */
import { z } from 'zod'
import {
  argv,
  duration,
  groupName,
  hostName,
  hostPath,
  id,
  ipAddress,
  ipOrNetwork,
  localPath,
  originUrl,
  port,
  size,
  text,
  urlPath,
} from './names.ts'

export const stageIds = ['consolidate', 'identity', 'encrypt', 'authorize', 'devices'] as const
export type StageId = (typeof stageIds)[number]

export const planeIds = ['builtin', 'nginx', 'apache', 'envoy'] as const
export type PlaneId = (typeof planeIds)[number]

export const via = z.union(
  [
    z.literal('local'),
    z.strictObject({ netns: id }),
    z.strictObject({ files: localPath }),
    z.strictObject({
      ssh: z.string().regex(/^(?:[A-Za-z0-9._-]+@)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._:-]+)$/, 'USER@HOST'),
      port: port.optional(),
      key: localPath.optional(),
      jump: z
        .string()
        .regex(/^(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9._-]+(?::\d{1,5})?$/, 'USER@HOST[:PORT]')
        .optional(),
      'known-hosts': localPath.optional(),
      sudo: z.boolean().optional(),
    }),
  ],
  'local, {netns: NAME}, {files: DIR} or {ssh: USER@HOST}',
)
export type Via = z.infer<typeof via>

/** A secret is named, never written: {env: NAME}, {file: PATH} or {command: [argv]}. */
export const secret = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable') }),
    z.strictObject({ file: localPath }),
    z.strictObject({ command: argv }),
  ],
  '{env: NAME}, {file: PATH} or {command: [ARGV]}; a secret is never written here',
)

export const firewall = z.union(
  [
    z.strictObject({ nftables: hostPath }),
    z.strictObject({ compose: hostPath }),
    z.strictObject({ kubernetes: hostPath }),
    z.strictObject({ systemd: z.string().regex(/^[A-Za-z0-9@._-]+$/, 'the name of a systemd unit') }),
    z.strictObject({ none: text }),
  ],
  '{nftables: FILE}, {compose: FILE}, {kubernetes: DIR}, {systemd: UNIT} or {none: REASON}',
)
export type Firewall = z.infer<typeof firewall>
export type Secret = z.infer<typeof secret>

const host = z.strictObject({
  via,
  addresses: z.array(ipAddress).min(1).max(64),
  firewall,
  keep: z.array(port).max(256).optional(),
  close: z.array(port).max(256).optional(),
  others: z.enum(['report', 'close']).optional(),
})

const edge = z.strictObject({
  id,
  plane: z.enum(planeIds),
  via,
  addresses: z.array(ipOrNetwork).min(1).max(64),
  listen: z.array(originUrl).min(1).max(64),
  config: hostPath,
  tls: z
    .strictObject({
      certificate: hostPath.optional(),
      key: hostPath.optional(),
      ca: localPath.optional(),
      names: z.record(hostName, z.strictObject({ certificate: hostPath, key: hostPath })).optional(),
    })
    .optional(),
  vhosts: z.enum(['ours', 'theirs']).optional(),
  test: argv.optional(),
  reload: argv.optional(),
  'access-log': hostPath.optional(),
})

const pathRules = z.strictObject({
  'encoded-slash': z.enum(['refuse', 'keep']).optional(),
  'dot-segments': z.enum(['refuse', 'resolve']).optional(),
  'empty-segments': z.enum(['refuse', 'merge', 'keep']).optional(),
  parameters: z.enum(['refuse', 'keep']).optional(),
  case: z.enum(['exact', 'ignore']).optional(),
})

const backend = z.strictObject({
  id,
  edge: id,
  public: originUrl,
  upstream: originUrl,
  host: host.optional(),
  hosts: z.array(host).min(1).max(256).optional(),
  health: urlPath.optional(),
  owner: text.optional(),
  wave: id.optional(),
  source: localPath.optional(),
  paths: pathRules.optional(),
  identity: z.enum(['assertion', 'headers', 'none']).optional(),
  formerly: z.array(hostName).max(64).optional(),
  observe: z.strictObject({ 'access-log': hostPath.optional() }).optional(),
  limits: z.strictObject({ body: size.optional(), timeout: duration.optional() }).optional(),
})

const vantage = z.strictObject({ id, stands: z.enum(['users', 'peers', 'proxy']), via })

/** Top level of lockgate.yaml, as written. */
export const configSchema = z.strictObject({
  version: z.literal(1, 'the number 1'),
  organisation: text.optional(),
  language: z.enum(['en', 'zh-TW']).optional(),
  gate: z
    .strictObject({
      maxAge: duration.optional(),
      sweepMaxAge: duration.optional(),
      sweep: z.enum(['full', 'usual']).optional(),
    })
    .optional(),
  state: z
    .string()
    .regex(/^(sqlite|postgres(ql)?:\/\/\S+)$/, 'sqlite or postgres://…')
    .optional(),
  log: z
    .strictObject({ publish: z.union([argv, z.array(argv).max(8)]).optional(), witnesses: z.array(text).optional() })
    .optional(),
  edges: z.array(edge).max(1_000),
  backends: z.array(backend).max(100_000),
  'not-brokered': z.array(z.strictObject({ what: text, owner: text, reason: text })).optional(),
  vantages: z.array(vantage).max(1_000),
  resolvers: z.array(ipAddress).max(8).optional(),
  watch: z
    .strictObject({
      every: duration.optional(),
      metrics: z
        .string()
        .regex(/^\S+:\d{1,5}$/, 'HOST:PORT')
        .optional(),
      alert: argv.optional(),
    })
    .optional(),
  identity: z
    .strictObject({
      origin: originUrl,
      issuer: z.string().regex(/^https?:\/\/\S+$/, 'the URL of the issuer'),
      client: z.strictObject({ id: text, secret: secret.optional() }),
      scope: z
        .string()
        .regex(
          /^(?=.*\bopenid\b)[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
          'scopes such as openid profile email offline_access',
        )
        .optional(),
      mfa: z
        .strictObject({
          acr: z.array(text).optional(),
          amr: z.array(z.union([text, z.array(text)])).optional(),
          ask: z.array(text).optional(),
        })
        .optional(),
      claims: z
        .strictObject({ user: text.optional(), require: z.array(text).optional(), groups: text.optional() })
        .optional(),
      session: z
        .strictObject({ idle: duration.optional(), absolute: duration.optional(), pass: duration.optional() })
        .optional(),
      'step-up': z
        .array(
          z.strictObject({ backend: id, path: urlPath, acr: z.array(text).optional(), 'max-age': duration.optional() }),
        )
        .optional(),
      api: z.strictObject({ audience: z.array(text).optional(), introspection: z.boolean().optional() }).optional(),
      keycloak: z.strictObject({ admin: z.strictObject({ id: text, secret }) }).optional(),
      edge: id.optional(),
      ca: localPath.optional(),
    })
    .optional(),
  gateway: z
    .strictObject({
      listen: z
        .array(
          z
            .string()
            .regex(/^(unix:\/[A-Za-z0-9._/-]+|127\.0\.0\.1:\d{1,5}|\[::1\]:\d{1,5})$/, 'unix:/PATH, or 127.0.0.1:PORT'),
        )
        .min(1)
        .max(4)
        .optional(),
      group: groupName.optional(),
      store: z
        .string()
        .regex(
          /^(sqlite|memory|rediss?:\/\/[A-Za-z0-9.:[\]_-]+(\/\d+)?)$/,
          'sqlite, memory or redis://HOST:PORT (a password comes from LOCKGATE_STORE_PASSWORD)',
        )
        .optional(),
      state: hostPath.optional(),
    })
    .optional(),
  pki: z
    .strictObject({
      'trust-domain': hostName,
      lifetime: z
        .strictObject({ leaf: duration.optional(), intermediate: duration.optional(), root: duration.optional() })
        .optional(),
      acme: z.strictObject({ listen: originUrl }).optional(),
    })
    .optional(),
  policy: localPath.optional(),
  devices: z.union([localPath, z.strictObject({ intune: z.unknown() }), z.strictObject({ command: argv })]).optional(),
})
export type Config = z.infer<typeof configSchema>
