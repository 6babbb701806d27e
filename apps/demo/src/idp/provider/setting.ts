/** What the child process is started with, and what it can be told while it runs. */
import type { Person } from '../people.ts'

export interface Setting {
  readonly folder: string
  readonly address: string
  readonly host: string
  readonly port: number
  readonly certificate: string
  readonly key: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly origin: string | null
  readonly hosts: Readonly<Record<string, string>>
  readonly otp: 'always' | 'on-request'
  /** Seconds. */
  readonly accessTokenLifetime: number
  readonly people: Readonly<Record<string, Person>>
}

export type Order =
  | { readonly do: 'register'; readonly origin: string }
  | { readonly do: 'disable' | 'enable' | 'end-sessions'; readonly login: string }
  | { readonly do: 'add-to-group' | 'remove-from-group'; readonly login: string; readonly group: string }
  | { readonly do: 'access-token'; readonly login: string; readonly audience: string }
  | { readonly do: 'rotate-keys' }
