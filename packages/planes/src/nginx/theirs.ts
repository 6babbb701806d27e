/** `vhosts: theirs`: a snippet for each backend that the operator's own server block includes. */
import {
  type Backend,
  type EdgeIdentity,
  type EdgeModel,
  forwardingHeaders,
  type Gap,
  type Step,
} from '@lockgate/model'
import { servingListeners } from '../tree/edge-listeners.ts'
import { headerSpellings } from '../tree/header-spellings.ts'
import { servesLogin, takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, comment } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import { includeStep, loginSnippetPath, proofListener, snippetPath } from '../tree/theirs.ts'
import { backendHttp } from './backend-file.ts'
import { forwardLocations } from './forward.ts'
import { generationAnswer } from './generation-answer.ts'
import { listen } from './listeners.ts'
import { accessLog, logNames } from './log-format.ts'
import { loginHttp, loginNodes } from './login.ts'
import { upstreamName } from './names.ts'
import { refusals } from './server.ts'

/** The operator's `underscores_in_headers` and `ignore_invalid_headers` hold here, so every spelling is named. */
const everySpelling = [...removedHeaders, ...forwardingHeaders]
  .flatMap(headerSpellings)
  .filter((name) => !forwardingHeaders.some((set) => set === name))

/**
 * Directives that may be repeated in a server block, and locations. `rewrite … last` of the operator ends what the server
 * block decides, so the location decides once more.
 */
export function snippet(model: EdgeModel, backend: Backend, version: string | null): readonly ConfigNode[] {
  const { edge } = model
  const judged = refusals(backend, servingListeners(edge, backend))
  return [
    comment(
      `Written by Lockgate for the backend ${backend.id}; include it in the server block of ${backend.public.origin}.`,
    ),
    accessLog(edge.accessLog, logNames(upstreamName(backend.id)).unasked),
    ...judged,
    ...forwardLocations(model, backend, { removed: everySpelling, refusals: judged, isRewritable: true, version }),
  ]
}

/** What the snippet refers to, at http level. */
export const snippetHttp = (model: EdgeModel, backend: Backend): readonly ConfigNode[] => [
  comment(`Written by Lockgate for the backend ${backend.id}; changes are found and refused.`),
  ...backendHttp(model, backend),
]

export const loginSnippet = (model: EdgeModel, identity: EdgeIdentity): readonly ConfigNode[] => [
  comment(`Written by Lockgate; include it in the server block of ${identity.settings.origin.origin}.`),
  ...loginNodes(model, identity, everySpelling),
]

export const loginSnippetHttp = (model: EdgeModel, identity: EdgeIdentity): readonly ConfigNode[] => [
  comment('Written by Lockgate for the login origin; changes are found and refused.'),
  loginHttp(model, identity),
]

export const theirsGenerationServer = (model: EdgeModel, version: string | null, generation: string): ConfigNode =>
  block(
    'server',
    [],
    [
      ...listen({ listeners: [proofListener(model.edge)], version, isDefault: false }),
      ...generationAnswer(model, generation),
    ],
  )

function loginSteps(model: EdgeModel): readonly Step[] {
  const { edge, identity } = model
  if (!identity || !servesLogin(model)) return []
  const line = `include ${loginSnippetPath(edge)};`
  const { origin } = identity.settings.origin
  return [
    includeStep(
      edge,
      `Make a server block for ${origin} and put this line as its only location into it: ${line}`,
      line,
    ),
  ]
}

export const steps = (model: EdgeModel): readonly Step[] => [
  ...model.backends.map((backend) => {
    const line = `include ${snippetPath(model.edge, backend)};`
    const text = `In the server block of ${backend.public.origin} put this line in the place of its own "location /": ${line}`
    return includeStep(model.edge, text, line)
  }),
  ...loginSteps(model),
]

const identityGap =
  'other locations of that server block ask for no sign-in, its rewrite rules change nothing about what "location /" forwards, and its add_header lines do not reach the answers of "location /"'

export const theirsGaps = (model: EdgeModel): readonly Gap[] =>
  model.backends.flatMap((backend) => {
    const gap = { edge: model.edge.id, backend: backend.id, feature: 'vhosts-theirs', required: false }
    const because = `the snippet answers for "location /" of ${backend.public.origin}; other locations of that server block, its listeners, certificates and the answer to unknown names stay the operator's, and where they say ignore_invalid_headers off, names with a dot pass`
    return [{ ...gap, because }, ...(takesPart(model, backend) ? [{ ...gap, because: identityGap }] : [])]
  })
