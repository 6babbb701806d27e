/** `vhosts: theirs`: a snippet for each backend that the operator's own virtual host includes. */
import type { Backend, EdgeModel, Gap, Step } from '@lockgate/model'
import { block, type ConfigNode, comment, directive } from '../tree/node.ts'
import { includeStep, proofListener, snippetPath } from '../tree/theirs.ts'
import { afterRewriting } from './after-rewriting.ts'
import { enforce } from './backend-file.ts'
import { listens, virtualHostAddresses } from './listeners.ts'
import { requireModules } from './modules.ts'
import { generationAnswer, requestBasics } from './virtual-host.ts'

export const snippet = (model: EdgeModel, backend: Backend, version: string | null): readonly ConfigNode[] => [
  comment(
    `Written by Lockgate for the backend ${backend.id}; include it in the virtual host of ${backend.public.origin}.`,
  ),
  ...requestBasics,
  ...enforce({ model, backend, version }),
  afterRewriting(model, backend),
]

export const theirsBase = ({ edge, backends, listening }: EdgeModel): readonly ConfigNode[] => [
  ...requireModules(backends.some((one) => one.public.scheme === 'https')),
  ...listens([proofListener(edge)], listening),
]

/** On a port that is https by its number a virtual host would speak TLS without being told. */
export const theirsGenerationHost = ({ edge }: EdgeModel, generation: string): ConfigNode =>
  block('VirtualHost', virtualHostAddresses([proofListener(edge)]), [
    block('IfModule', ['ssl_module'], [directive('SSLEngine', 'off')]),
    ...generationAnswer(generation),
  ])

export const steps = ({ edge, backends }: EdgeModel): readonly Step[] =>
  backends.map((backend) => {
    const line = `Include ${snippetPath(edge, backend)}`
    const text = `At the end of the virtual host of ${backend.public.origin} put this line in the place of its own "ProxyPass /": ${line}`
    return includeStep(edge, text, line)
  })

export const theirsGaps = ({ edge, backends }: EdgeModel): readonly Gap[] =>
  backends.map(({ id, public: seen }) => ({
    edge: edge.id,
    backend: id,
    feature: 'vhosts-theirs',
    because: `in the virtual host of ${seen.origin} what rewrite rules and ProxyPass lines before the include answer by themselves, or forward to other servers or balancers, is not judged by it; listeners, certificates and the answer to unknown names stay the operator's`,
    required: false,
  }))
