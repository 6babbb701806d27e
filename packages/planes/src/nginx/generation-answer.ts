/** Answers with the generation; its name is known only to who knows the generation. */
import { type EdgeModel, generationHost } from '@lockgate/model'
import { block, type ConfigNode, directive } from '../tree/node.ts'
import { cookieVariables } from './cookies.ts'
import { serverName } from './listeners.ts'
import { gatewayUpstream } from './names.ts'
import { setHeader } from './proxy-directives.ts'
import { serverBasics } from './server.ts'

/** The gateway says it once it serves the same generation, so that one question shows both. */
const asked = (generation: string): ConfigNode =>
  block(
    'location',
    ['/'],
    [
      directive('proxy_pass', `http://${gatewayUpstream}`),
      directive('proxy_http_version', '1.1'),
      directive('proxy_pass_request_headers', 'off'),
      directive('proxy_pass_request_body', 'off'),
      directive('proxy_cache', 'off'),
      setHeader('Host', generationHost(generation)),
      setHeader('Connection', ''),
      setHeader('Content-Length', ''),
    ],
  )

export const generationAnswer = ({ identity }: EdgeModel, generation: string): readonly ConfigNode[] => [
  serverName(generationHost(generation)),
  ...serverBasics,
  directive('access_log', 'off'),
  ...(identity ? [...cookieVariables, asked(generation)] : [directive('return', '200', generation)]),
]
