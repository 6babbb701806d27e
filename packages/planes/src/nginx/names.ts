/** Names of variables, upstreams, locations and formats that the generated files share. */
import { digest } from '@lockgate/model'

/** `rules` is what `rulesName` says of a backend's path rules. */
export const targetVariable = (rules: string): string => `lockgate_target_${rules}`
export const fullVariable = (rules: string): string => `lockgate_full_${rules}`
export const pathVariable = (rules: string): string => `lockgate_path_${rules}`

/** A variable's name is letters, digits and `_`, and must fit `variables_hash_bucket_size` (64), which only the operator may set. */
export const routeVariable = (backend: string): string =>
  `lockgate_route_${digest(backend).slice('sha256:'.length, 'sha256:'.length + 16)}`

export const upstreamName = (backend: string): string => `lockgate_${backend}`

/** Ids begin with a letter or digit, so no backend's upstream has this name. */
export const gatewayUpstream = 'lockgate__gateway'

/** Its other protocol, for gRPC. */
export const gatewayGrpcUpstream = 'lockgate__gateway_grpc'

export const grpcUpstreamName = (backend: string): string => `lockgate__grpc_${backend}`

export const decisionCache = 'lockgate__kept'

/** Inside `location`; the internal ones are no paths that a client can ask for. */
export const locations = {
  decide: '/.lockgate/decide',
  people: '/.lockgate/',
  answer: '@lockgate_answer',
  forward: '@lockgate_forward',
  grpc: '@lockgate_grpc',
  unavailable: '@lockgate_unavailable',
  tooLarge: '@lockgate_too_large',
} as const

/** Longer names do not fit the default `server_names_hash_bucket_size` of 64 bytes, which only the operator may set. */
export const longestHashedName = 40
