/** The blocks of an nginx configuration in which servers stand, also where the file is only a part of one. */
import type { Directive } from './parse-nginx.ts'
import { isPass } from './pass.ts'

export interface Context {
  readonly inside: readonly Directive[]
  readonly stream: boolean
}

const named: Readonly<Record<string, boolean>> = { http: false, stream: true }

/** A server of `stream` says where it leads without a location, which http does not take. */
const isStream = (server: Directive): boolean => (server.block ?? []).some((one) => isPass(one.name))

/**
 * The `http` and `stream` blocks. A file that has neither is what such a block includes: its servers count as of the one or the
 * other by what stands in them.
 */
export function contextsOf(tree: readonly Directive[]): readonly Context[] {
  const whole = tree.filter((one) => one.block && Object.hasOwn(named, one.name))
  if (whole.length > 0) return whole.map((one) => ({ inside: one.block ?? [], stream: named[one.name] as boolean }))
  const ofStream = new Set(tree.filter((one) => one.name === 'server' && one.block && isStream(one)))
  const http = { inside: tree.filter((one) => !ofStream.has(one)), stream: false }
  const shared = tree.filter((one) => one.name !== 'server')
  return ofStream.size === 0 ? [http] : [http, { inside: [...shared, ...ofStream], stream: true }]
}
