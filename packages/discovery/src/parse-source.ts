/** `--from KIND:WHERE`. */
import { LockgateError, nearest } from '@lockgate/model'

/** Each kind and what follows its colon. */
export const sourceKinds = {
  nginx: 'FILE',
  apache: 'FILE',
  envoy: 'FILE',
  haproxy: 'FILE',
  compose: 'FILE',
  kubernetes: 'DIR',
  hosts: 'FILE',
  workspace: 'DIR',
  'access-log': 'FILE',
  nmap: 'FILE',
  net: 'CIDR',
} as const
export type SourceKind = keyof typeof sourceKinds

export interface Source {
  readonly kind: SourceKind
  /** File, folder or network. */
  readonly where: string
  /** As given. */
  readonly text: string
}

const list = Object.entries(sourceKinds)
  .map(([kind, what]) => `${kind}:${what}`)
  .join(' ')

/** Throws LG1101 with the list of kinds. */
export function parseSource(text: string): Source {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? text : text.slice(0, colon)
  const where = colon < 0 ? '' : text.slice(colon + 1)
  if (!Object.hasOwn(sourceKinds, kind)) {
    const near = nearest(kind, Object.keys(sourceKinds))
    const hint = near ? `; did you mean ${near}:?` : ''
    throw new LockgateError('LG1101', `${text} is no source${hint}; expected one of ${list}`)
  }
  if (where === '')
    throw new LockgateError('LG1101', `${text} says no ${sourceKinds[kind as SourceKind]}; expected one of ${list}`)
  return { kind: kind as SourceKind, where, text }
}
