/** What nginx cannot be told, backend by backend. */
import type { Backend, EdgeModel, Gap } from '@lockgate/model'
import { atLeast } from '../tree/version.ts'
import { upstreamTlsGaps } from '../upstream-tls-gap.ts'
import { hasHttps, isWildcard } from './listeners.ts'
import { rejectsHandshakeSince } from './shared-file.ts'

type Draft = Omit<Gap, 'edge' | 'backend'>

const resolved: Draft = {
  feature: 'path-normalisation',
  because:
    'nginx cannot forward a path with its dot segments resolved as raw bytes; such requests get 400, as with dot-segments: refuse',
  required: false,
}

const merged: Draft = {
  feature: 'path-normalisation',
  because:
    'nginx cannot forward a path with its empty segments merged as raw bytes; such requests get 400, as with empty-segments: refuse',
  required: false,
}

const ofBackend = ({ paths }: Backend): readonly Draft[] => [
  ...(paths.dotSegments === 'resolve' ? [resolved] : []),
  ...(paths.emptySegments === 'merge' ? [merged] : []),
]

function ofEdge({ edge }: EdgeModel, version: string | null): readonly Draft[] {
  const wildcards = edge.listen.filter(isWildcard).map((one) => one.origin)
  const unknownHost: Draft = {
    feature: 'unknown-host-refused',
    because: `on ${wildcards.join(', ')} an unknown Host gets 421 only where no other server block is marked default_server or read earlier; name the edge's own addresses to be independent of them`,
    required: false,
  }
  const unknownSni: Draft = {
    feature: 'unknown-sni-refused',
    because: `nginx before ${rejectsHandshakeSince} cannot refuse an unknown SNI; it completes the handshake and answers 421`,
    required: false,
  }
  const grpc: Draft = {
    feature: 'grpc',
    because: 'nginx takes HTTP/2, which gRPC needs, on listeners with TLS alone, and this edge has none',
    required: false,
  }
  return [
    ...(hasHttps(edge) ? [] : [grpc]),
    ...(wildcards.length > 0 && edge.vhosts === 'ours' ? [unknownHost] : []),
    ...(edge.vhosts === 'ours' && hasHttps(edge) && !atLeast(version, rejectsHandshakeSince) ? [unknownSni] : []),
  ]
}

export const gapsOf = (model: EdgeModel, version: string | null): readonly Gap[] => [
  ...ofEdge(model, version).map((one) => ({ edge: model.edge.id, backend: null, ...one })),
  ...model.backends.flatMap((backend) =>
    ofBackend(backend).map((one) => ({ edge: model.edge.id, backend: backend.id, ...one })),
  ),
  ...upstreamTlsGaps(model),
]
