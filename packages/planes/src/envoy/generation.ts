/**
 * How Envoy shows its generation: only when listeners and clusters of it are both live.
 * It reads the two files independently, and new listeners may come before the clusters that they lead to. So the answer
 * hangs on a cluster without endpoints, the last of its file: 404 while it is unknown, then Envoy's own "no healthy
 * upstream", which is turned into the answer. With stage identity the cluster leads to the gateway, which answers once it
 * serves the same generation.
 */
import { type EdgeIdentity, generationHost } from '@lockgate/model'
import { gatewayCluster } from './gateway-cluster.ts'
import { typeUrl } from './type-url.ts'

const clusterName = (generation: string): string => `lockgate.${generationHost(generation)}`

export const generationCluster = (generation: string, identity: EdgeIdentity | null) =>
  identity
    ? gatewayCluster(identity, clusterName(generation))
    : {
        '@type': typeUrl.cluster,
        name: clusterName(generation),
        type: 'STATIC',
        connect_timeout: '5s',
        load_assignment: { cluster_name: clusterName(generation), endpoints: [] },
      }

export const generationVirtualHost = (generation: string, identity: EdgeIdentity | null) => ({
  name: 'generation',
  domains: [generationHost(generation), `${generationHost(generation)}:*`],
  routes: [
    {
      match: { prefix: '/' },
      route: {
        cluster: clusterName(generation),
        cluster_not_found_response_code: 'NOT_FOUND',
        ...(identity ? { host_rewrite_literal: generationHost(generation) } : {}),
      },
    },
  ],
})

/** The answer in the place of Envoy's "no healthy upstream". */
export const generationReply = (generation: string) => ({
  filter: {
    and_filter: {
      filters: [
        { response_flag_filter: { flags: ['UH'] } },
        { header_filter: { header: { name: ':authority', string_match: { prefix: generationHost(generation) } } } },
      ],
    },
  },
  status_code: 200,
  body: { inline_string: generation },
  body_format_override: { text_format_source: { inline_string: '%LOCAL_REPLY_BODY%' } },
})
