/** Where a login may lead back to: a path of a host of ours, and nothing else. */
import { judgePath } from '@lockgate/proxy-core'

const strict = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'keep',
  case: 'exact',
} as const

/** More does not fit through identity providers and cookies. */
const maxLength = 1_800

/** Too long a target loses its query, then its path: the person lands on the right system at least. */
export function fitTarget(target: string): string {
  const bare = target.split('?', 1)[0] as string
  return [target, bare, '/'].find((one) => one.length <= maxLength) as string
}

/** A path that a person's browser may be sent to on `origin`; null for whatever could be another place. */
export function safeTarget(origin: string, target: string | null): string | null {
  if (target === null || !judgePath(target, strict).ok) return null
  const url = URL.parse(target, origin)
  return url?.origin === origin && url.pathname + url.search === target ? fitTarget(target) : null
}
