/** Which listeners of an edge serve a backend, and which only send its users to https. */
import type { Backend, Edge, EdgeModel, Origin } from '@lockgate/model'

/** A backend, or the login origin. */
export type Served = Pick<Backend, 'public' | 'listenOn'>

const listenersOf = (edge: Edge, { listenOn }: Served): readonly Origin[] =>
  listenOn ? edge.listen.filter((one) => listenOn.includes(one.host)) : edge.listen

export const servingListeners = (edge: Edge, backend: Served): readonly Origin[] =>
  listenersOf(edge, backend).filter((one) => one.scheme === backend.public.scheme && one.port === backend.public.port)

/** http listeners where the name is no backend of its own: a user who types the name without a scheme arrives there. */
export function redirectingListeners(edge: Edge, backend: Served, backends: readonly Backend[]): readonly Origin[] {
  if (backend.public.scheme === 'http') return []
  const own = new Set(
    backends.flatMap(({ public: one }) =>
      one.scheme === 'http' && one.host === backend.public.host ? [one.port] : [],
    ),
  )
  return listenersOf(edge, backend).filter((one) => one.scheme === 'http' && !own.has(one.port))
}

/** All that a backend's file needs to know of the others is who has its name on http; the rest would be looked at n² times. */
export const onlyRedirecting = (model: EdgeModel): EdgeModel => ({
  ...model,
  backends: model.backends.filter((one) => one.public.scheme === 'http'),
})

/** The certificate that is shown for a name, or the edge's own; null where it has neither. */
export function keyPairOf(edge: Edge, name: string): { readonly certificate: string; readonly key: string } | null {
  const own = edge.tls.names[name]
  if (own) return own
  const { certificate, key } = edge.tls
  return certificate !== null && key !== null ? { certificate, key } : null
}

/** Any certificate, for a virtual host that only Lockgate itself asks. */
export const anyKeyPair = (edge: Edge): { readonly certificate: string; readonly key: string } | null =>
  keyPairOf(edge, '') ?? Object.values(edge.tls.names)[0] ?? null
