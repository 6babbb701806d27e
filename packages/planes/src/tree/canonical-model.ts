/** Addresses in their one usual form (RFC 5952): engines refuse some spellings that IPv6 allows, and compare others as text. */
import { type EdgeModel, type Origin, parseOrigin } from '@lockgate/model'

/** The URL standard's parser writes an IPv6 address in that form. */
const canonicalOrigin = (origin: Origin): Origin =>
  origin.host.includes(':') ? (parseOrigin(new URL(origin.origin).origin) as Origin) : origin

export const canonicalModel = (model: EdgeModel): EdgeModel => ({
  ...model,
  edge: { ...model.edge, listen: model.edge.listen.map(canonicalOrigin) },
  backends: model.backends.map((one) => ({
    ...one,
    public: canonicalOrigin(one.public),
    upstream: canonicalOrigin(one.upstream),
  })),
})
