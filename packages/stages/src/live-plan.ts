/** The digest of what is live for a backend: what was applied, or, where a host differs, a digest of its own. Pure. */
import { type Backend, digest } from '@lockgate/model'

/** Ids of the targets that touch a backend. */
const targetsOf = (backend: Backend): readonly string[] => [
  `edge:${backend.edge}`,
  ...backend.hosts.map((one) => one.id),
]

export function livePlan(
  applied: string | null,
  backend: Backend,
  drift: Readonly<Record<string, readonly string[]>>,
): string | null {
  if (applied === null) return null
  const changes = targetsOf(backend).flatMap((id) => drift[id] ?? [])
  return changes.length === 0 ? applied : digest({ applied, changes })
}
