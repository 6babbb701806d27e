/** `vhosts: theirs`: a snippet for each backend that the operator's own server block includes. */
import type { Backend, EdgeModel, Gap, Step } from '@lockgate/model'
import { servingListeners } from '../tree/edge-listeners.ts'
import { headerSpellings } from '../tree/header-spellings.ts'
import { block, type ConfigNode, comment } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import { includeStep, proofListener, snippetPath } from '../tree/theirs.ts'
import { backendHttp } from './backend-file.ts'
import { forwardLocations } from './forward.ts'
import { listen } from './listeners.ts'
import { accessLog, logNames } from './log-format.ts'
import { upstreamName } from './names.ts'
import { generationAnswer, refusals } from './server.ts'

/** The operator's `underscores_in_headers` and `ignore_invalid_headers` hold here, so every spelling is named. */
const everySpelling = removedHeaders.flatMap(headerSpellings)

/**
 * Directives that may be repeated in a server block, and locations. `rewrite … last` of the operator ends what the server
 * block decides, so the location decides once more.
 */
export function snippet({ edge }: EdgeModel, backend: Backend): readonly ConfigNode[] {
  const judged = refusals(backend, servingListeners(edge, backend))
  return [
    comment(
      `Written by Lockgate for the backend ${backend.id}; include it in the server block of ${backend.public.origin}.`,
    ),
    accessLog(edge.accessLog, logNames(upstreamName(backend.id)).unasked),
    ...judged,
    ...forwardLocations(edge, backend, { removed: everySpelling, refusals: judged }),
  ]
}

/** What the snippet refers to, at http level. */
export const snippetHttp = ({ edge }: EdgeModel, backend: Backend): readonly ConfigNode[] => [
  comment(`Written by Lockgate for the backend ${backend.id}; changes are found and refused.`),
  ...backendHttp(edge.id, backend),
]

export const theirsGenerationServer = ({ edge }: EdgeModel, version: string | null, generation: string): ConfigNode =>
  block(
    'server',
    [],
    [...listen({ listeners: [proofListener(edge)], version, isDefault: false }), ...generationAnswer(generation)],
  )

export const steps = ({ edge, backends }: EdgeModel): readonly Step[] =>
  backends.map((backend) => {
    const line = `include ${snippetPath(edge, backend)};`
    const text = `In the server block of ${backend.public.origin} put this line in the place of its own "location /": ${line}`
    return includeStep(edge, text, line)
  })

export const theirsGaps = ({ edge, backends }: EdgeModel): readonly Gap[] =>
  backends.map(({ id, public: seen }) => ({
    edge: edge.id,
    backend: id,
    feature: 'vhosts-theirs',
    because: `the snippet answers for "location /" of ${seen.origin}; other locations of that server block, its listeners, certificates and the answer to unknown names stay the operator's`,
    required: false,
  }))
