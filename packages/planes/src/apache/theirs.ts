/** `vhosts: theirs`: a snippet for each backend that the operator's own virtual host includes. */
import type { Backend, EdgeModel, Gap, Step } from '@lockgate/model'
import { servesLogin, takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, comment, directive } from '../tree/node.ts'
import { includeStep, loginSnippetPath, proofListener, snippetPath } from '../tree/theirs.ts'
import { afterRewriting } from './after-rewriting.ts'
import { enforce } from './backend-file.ts'
import { listens, virtualHostAddresses } from './listeners.ts'
import { type LoginFile, loginNodes } from './login-file.ts'
import { requireModules } from './modules.ts'
import { answerOf } from './shared-file.ts'
import { requestBasics } from './virtual-host.ts'

export const snippet = (model: EdgeModel, backend: Backend, version: string | null): readonly ConfigNode[] => [
  comment(
    `Written by Lockgate for the backend ${backend.id}; include it in the virtual host of ${backend.public.origin}.`,
  ),
  ...requestBasics,
  ...enforce({ model, backend, version }),
  afterRewriting(model, backend),
]

export const loginSnippet = (input: LoginFile): readonly ConfigNode[] => [
  comment(`Written by Lockgate; include it in the virtual host of ${input.identity.settings.origin.origin}.`),
  ...requestBasics,
  ...loginNodes(input),
]

export const theirsBase = ({ edge, backends, listening }: EdgeModel): readonly ConfigNode[] => [
  ...requireModules(backends.some((one) => one.public.scheme === 'https')),
  ...listens([proofListener(edge)], listening),
]

/** On a port that is https by its number a virtual host would speak TLS without being told. */
export const theirsGenerationHost = (model: EdgeModel, generation: string): ConfigNode =>
  block('VirtualHost', virtualHostAddresses([proofListener(model.edge)]), [
    block('IfModule', ['ssl_module'], [directive('SSLEngine', 'off')]),
    ...answerOf(model, generation),
  ])

const atTheEnd = (origin: string, line: string): string =>
  `At the end of the virtual host of ${origin} put this line in the place of its own "ProxyPass /": ${line}`

function loginSteps(model: EdgeModel): readonly Step[] {
  const { edge, identity } = model
  if (!identity || !servesLogin(model)) return []
  const line = `Include ${loginSnippetPath(edge)}`
  const text = `Make a virtual host for ${identity.settings.origin.origin} and put this line at its end: ${line}`
  return [includeStep(edge, text, line)]
}

export const steps = (model: EdgeModel): readonly Step[] => [
  ...model.backends.map((backend) => {
    const line = `Include ${snippetPath(model.edge, backend)}`
    return includeStep(model.edge, atTheEnd(backend.public.origin, line), line)
  }),
  ...loginSteps(model),
]

const identityGap =
  'ProxyPass lines and handlers before the include that answer other paths of that virtual host ask for no sign-in'

export const theirsGaps = (model: EdgeModel): readonly Gap[] =>
  model.backends.flatMap((backend) => {
    const gap = { edge: model.edge.id, backend: backend.id, feature: 'vhosts-theirs', required: false }
    const because = `in the virtual host of ${backend.public.origin} what rewrite rules and ProxyPass lines before the include answer by themselves, or forward to other servers or balancers, is not judged by it; listeners, certificates and the answer to unknown names stay the operator's`
    return [{ ...gap, because }, ...(takesPart(model, backend) ? [{ ...gap, because: identityGap }] : [])]
  })
