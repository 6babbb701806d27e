/** A case of stage identity: what is tried from outside, on every plane, and what must hold. */
import type { PlaneId } from '@lockgate/model'
import { valuesOf } from '../conformance/message.ts'
import type { Reply } from '../conformance/raw-client.ts'
import type { IdentityBench } from './identity-bench.ts'

export interface IdentityCase {
  /** Begins with the advisory where there is one. */
  readonly name: string
  /** Where it can't be had, and why. */
  readonly never?: Partial<Record<PlaneId, string>>
  /** Throws where it does not hold. */
  run(bench: IdentityBench): Promise<void>
}

export const navigation = ['Accept: text/html', 'Sec-Fetch-Mode: navigate'] as const

export const statusOf = (reply: Reply): number | string => reply.answers[0]?.status ?? reply.ended

export const fieldOf = (reply: Reply, name: string): string => valuesOf(reply.answers[0]?.fields ?? [], name).join(', ')

/** `cookie` header line of what a browser holds for a host. */
export function cookieLine(cookies: Readonly<Record<string, string>>): string {
  return `Cookie: ${Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')}`
}

/** Names of the field that a framework could take for the same, as the backend saw them. */
export const seenNames = (bench: IdentityBench, collapsed: string): readonly (readonly [string, string])[] =>
  bench.backend
    .seen()
    .flatMap((one) => one.fields)
    .filter(([name]) => name.toLowerCase().replace(/[_.]/g, '-') === collapsed)
    .map(([name, value]) => [name, value] as const)
