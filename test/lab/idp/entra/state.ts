/** What the Entra-shaped issuer remembers. Plain JSON, kept in a file while it is down. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Person } from '@lockgate/demo/idp'

export interface Setting {
  readonly folder: string
  readonly address: string
  readonly host: string
  readonly port: number
  readonly certificate: string
  readonly key: string
  readonly tenant: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly otp: 'always' | 'on-request'
  /** Seconds. */
  readonly accessTokenLifetime: number
  readonly people: Readonly<Record<string, Person>>
}

export interface SignIn {
  readonly login: string
  readonly sid: string
  /** Seconds since the epoch. */
  readonly authTime: number
  readonly secondFactor: boolean
}

export interface Grant {
  readonly signIn: SignIn
  readonly scope: string
  readonly nonce: string | null
  /** Authentication contexts that were asked for and are met. */
  readonly acrs: readonly string[]
  readonly xmsCc: readonly string[]
}

export interface Code extends Grant {
  readonly redirectUri: string
  readonly challenge: string
}

export interface SigningKey {
  readonly privatePem: string
  /** Base64 of the DER. */
  readonly certificate: string
}

export interface State {
  origin: string | null
  keys: readonly SigningKey[]
  people: Record<string, Person & { readonly disabled: boolean }>
  /** By cookie. */
  sessions: Record<string, SignIn>
  codes: Record<string, Code>
  refreshTokens: Record<string, Grant>
  /** Login by Graph's access token. */
  graphTokens: Record<string, string>
}

/** Every object of a tenant has a GUID; the lab's are made of its name. */
export const guidOf = (kind: 'user' | 'group', name: string): string => {
  const hex = createHash('sha256').update(`${kind}:${name}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/** Groups that they are in, and those that these lie in. */
export const groupIdsOf = ({ groups }: Person): readonly string[] => {
  const all = groups.flatMap((path) => path.split('/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/')))
  return [...new Set(all)].map((path) => guidOf('group', path))
}

export function createKey(folder: string): SigningKey {
  const file = `${folder}/signing.pem`
  const certificate = execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=accounts.accesscontrol.windows.net',
      '-days',
      '30',
      '-keyout',
      file,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return { privatePem: readFileSync(file, 'utf8'), certificate: certificate.replace(/-----[^-]+-----|\s/g, '') }
}

const fileOf = ({ folder }: Setting): string => `${folder}/state.json`

export const saveState = (setting: Setting, state: State): void => writeFileSync(fileOf(setting), JSON.stringify(state))

export function loadState(setting: Setting): State {
  if (existsSync(fileOf(setting))) return JSON.parse(readFileSync(fileOf(setting), 'utf8')) as State
  const people = Object.entries(setting.people).map(([login, one]) => [login, { ...one, disabled: false }] as const)
  return {
    origin: null,
    keys: [createKey(setting.folder)],
    people: Object.fromEntries(people),
    sessions: {},
    codes: {},
    refreshTokens: {},
    graphTokens: {},
  }
}
