/** What Apache cannot be told, backend by backend. */
import type { Backend, EdgeModel, Gap } from '@lockgate/model'
import { atLeast } from '../tree/version.ts'
import { upstreamTlsGaps } from '../upstream-tls-gap.ts'
import { upgradesSince } from './forward.ts'
import { isWildcard } from './listeners.ts'

type Draft = Omit<Gap, 'edge' | 'backend'>

const unforwardable = (what: string, setting: string): Draft => ({
  feature: 'path-normalisation',
  because: `Apache cannot forward a path with its ${what} as raw bytes; such requests get 400, as with ${setting}: refuse`,
  required: false,
})

const ofBackend = ({ paths }: Backend): readonly Draft[] => [
  ...(paths.dotSegments === 'resolve' ? [unforwardable('dot segments resolved', 'dot-segments')] : []),
  ...(paths.emptySegments === 'merge' ? [unforwardable('empty segments merged', 'empty-segments')] : []),
]

function ofEdge({ edge, listening }: EdgeModel, version: string | null): readonly Draft[] {
  const wildcards = edge.listen.filter(isWildcard).map((one) => one.origin)
  const drafts: readonly (readonly [boolean, string, string])[] = [
    [
      wildcards.length > 0 && edge.vhosts === 'ours',
      'unknown-host-refused',
      `on ${wildcards.join(', ')} an unknown Host gets 421 only where no other virtual host is read earlier; name the edge's own addresses to be independent of them`,
    ],
    [
      listening === undefined && edge.vhosts === 'ours',
      'listen',
      'it is not known where this Apache listens: its main configuration needs a Listen for each listen of the edge, or Define LOCKGATE_LISTEN',
    ],
    [
      true,
      'body-limit',
      'mod_proxy limits no chunked body, whose length is not declared; declared lengths over the limit get 413',
    ],
    [
      !atLeast(version, upgradesSince),
      'websocket',
      `Apache before ${upgradesSince} upgrades only by a second rule for each path, which is not written`,
    ],
  ]
  return drafts.flatMap(([isSo, feature, because]) => (isSo ? [{ feature, because, required: false }] : []))
}

export const gapsOf = (model: EdgeModel, version: string | null): readonly Gap[] => [
  ...ofEdge(model, version).map((one) => ({ edge: model.edge.id, backend: null, ...one })),
  ...model.backends.flatMap((backend) =>
    ofBackend(backend).map((one) => ({ edge: model.edge.id, backend: backend.id, ...one })),
  ),
  ...upstreamTlsGaps(model),
]
