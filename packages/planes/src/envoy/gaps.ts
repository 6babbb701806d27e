/** What Envoy cannot do of what was asked. */
import { type Backend, type EdgeModel, type Gap, isIpAddress } from '@lockgate/model'
import { atLeast } from '../tree/version.ts'
import { upstreamTlsGaps } from '../upstream-tls-gap.ts'
import { bodySizeLimitSince } from './supports.ts'

interface Rule {
  readonly feature: string
  readonly required: boolean
  readonly applies: (backend: Backend, version: string | null) => boolean
  readonly because: string
}

const rules: readonly Rule[] = [
  {
    feature: 'https',
    required: true,
    applies: ({ public: { scheme, host } }) => scheme === 'https' && isIpAddress(host),
    because: 'Envoy chooses the certificate by server name, and TLS sends none for an IP address; give it a name',
  },
  {
    feature: 'path-normalisation',
    required: false,
    applies: ({ paths }) => paths.dotSegments === 'resolve',
    because: 'Envoy resolves dot segments for a whole listener or not at all: they are refused with 400',
  },
  {
    feature: 'body-limit',
    required: false,
    applies: (_backend, version) => !atLeast(version, bodySizeLimitSince),
    because: `before Envoy ${bodySizeLimitSince} a body is bounded only by holding it back as a whole: no limit is set`,
  },
]

/** WebSockets, event streams and gRPC go through the gateway, which cuts them. */
const openStreams = (edge: string): Gap => ({
  edge,
  backend: null,
  feature: 'open-streams',
  because:
    'a download, or a stream that was not asked for as text/event-stream, which is open when its session ends goes on to its own end; the next request is refused',
  required: false,
})

export function gapsOf(model: EdgeModel, version: string | null): readonly Gap[] {
  const edge = model.edge.id
  const theirs: Gap = {
    edge,
    backend: null,
    feature: 'vhosts-theirs',
    because: 'Envoy has no include, so a snippet has nowhere to go; set vhosts: ours',
    required: true,
  }
  const own = model.backends.flatMap((backend) =>
    rules
      .filter((one) => one.applies(backend, version))
      .map(({ feature, required, because }): Gap => ({ edge, backend: backend.id, feature, because, required })),
  )
  return [
    ...(model.edge.vhosts === 'theirs' ? [theirs] : []),
    ...(model.identity ? [openStreams(edge)] : []),
    ...own,
    ...upstreamTlsGaps(model),
  ]
}
