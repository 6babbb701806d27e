/** What every plane says of an https upstream before the stage that brings an internal PKI. */
import type { EdgeModel, Gap } from '@lockgate/model'

export const upstreamTlsGaps = ({ edge, backends }: EdgeModel): readonly Gap[] =>
  backends
    .filter((one) => one.upstream.scheme === 'https')
    .map((one) => ({
      edge: edge.id,
      backend: one.id,
      feature: 'upstream-tls-verified',
      because: `the certificate of ${one.upstream.origin} is not verified until the stage encrypt names the authority to trust`,
      required: false,
    }))
