/** Ingresses and Gateway API routes: which public names lead to which service. */
import { at, listAt, textAt, type Value } from '../yaml-lines.ts'
import type { Resource } from './resources.ts'

export interface Leads {
  /** namespace/name */
  readonly service: string
  /** Number or name. */
  readonly port: string | null
  /** `https://host`, or null for every name. */
  readonly seen: string | null
  readonly path: string
  readonly by: Resource
}

const matches = (pattern: string, host: string): boolean =>
  pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1)

function fromIngress(one: Resource): readonly Leads[] {
  const secured = listAt(one.value, 'spec', 'tls').flatMap((tls) => listAt(tls, 'hosts').map(String))
  const leads = (backend: Value | undefined, host: string | null, path: string): readonly Leads[] => {
    const name = textAt(backend, 'service', 'name') ?? textAt(backend, 'serviceName')
    if (name === null) return []
    const port =
      textAt(backend, 'service', 'port', 'number') ??
      textAt(backend, 'service', 'port', 'name') ??
      textAt(backend, 'servicePort')
    const scheme = host !== null && secured.some((pattern) => matches(pattern, host)) ? 'https' : 'http'
    return [
      { service: `${one.namespace}/${name}`, port, seen: host === null ? null : `${scheme}://${host}`, path, by: one },
    ]
  }
  const rules = listAt(one.value, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'http', 'paths').flatMap((path) =>
      leads(at(path, 'backend'), textAt(rule, 'host'), textAt(path, 'path') ?? '/'),
    ),
  )
  return [...rules, ...leads(at(one.value, 'spec', 'defaultBackend') ?? at(one.value, 'spec', 'backend'), null, '/')]
}

/** Listeners of the gateways that the route names. */
function schemesOf(route: Resource, resources: readonly Resource[]): (host: string | null) => 'http' | 'https' {
  const listeners = listAt(route.value, 'spec', 'parentRefs').flatMap((parent) => {
    const gateway = resources.find(
      (one) =>
        one.kind === 'Gateway' &&
        one.name === textAt(parent, 'name') &&
        one.namespace === (textAt(parent, 'namespace') ?? route.namespace),
    )
    const section = textAt(parent, 'sectionName')
    const all = listAt(gateway?.value, 'spec', 'listeners')
    return section === null ? all : all.filter((one) => textAt(one, 'name') === section)
  })
  return (host) => {
    const fits = listeners.filter((one) => {
      const pattern = textAt(one, 'hostname')
      return pattern === null || host === null || matches(pattern, host)
    })
    return fits.some((one) => ['HTTPS', 'TLS'].includes(textAt(one, 'protocol') ?? '')) ? 'https' : 'http'
  }
}

function fromRoute(route: Resource, resources: readonly Resource[]): readonly Leads[] {
  const schemeOf = schemesOf(route, resources)
  const hosts = listAt(route.value, 'spec', 'hostnames').map(String)
  return listAt(route.value, 'spec', 'rules').flatMap((rule) => {
    const paths = listAt(rule, 'matches').map((match) => textAt(match, 'path', 'value') ?? '/')
    return listAt(rule, 'backendRefs')
      .filter((ref) => (textAt(ref, 'kind') ?? 'Service') === 'Service')
      .flatMap((ref) =>
        (hosts.length > 0 ? hosts : [null]).flatMap((host) =>
          (paths.length > 0 ? paths : ['/']).map((path) => ({
            service: `${textAt(ref, 'namespace') ?? route.namespace}/${textAt(ref, 'name') ?? ''}`,
            port: textAt(ref, 'port'),
            seen: host === null ? null : `${schemeOf(host)}://${host.toLowerCase()}`,
            path,
            by: route,
          })),
        ),
      )
  })
}

/** OpenShift's own kind. */
function fromOpenshift(one: Resource): readonly Leads[] {
  const host = textAt(one.value, 'spec', 'host')
  const scheme = at(one.value, 'spec', 'tls') === undefined ? 'http' : 'https'
  const to = [at(one.value, 'spec', 'to'), ...listAt(one.value, 'spec', 'alternateBackends')]
  return to.flatMap((target) => {
    const name = textAt(target, 'name')
    const seen = host === null ? null : `${scheme}://${host.toLowerCase()}`
    const path = textAt(one.value, 'spec', 'path') ?? '/'
    return name === null ? [] : [{ service: `${one.namespace}/${name}`, port: null, seen, path, by: one }]
  })
}

const readers: Readonly<Record<string, (one: Resource, resources: readonly Resource[]) => readonly Leads[]>> = {
  Ingress: fromIngress,
  HTTPRoute: fromRoute,
  GRPCRoute: fromRoute,
  TLSRoute: fromRoute,
  TCPRoute: fromRoute,
  Route: fromOpenshift,
}

export const leadsOf = (resources: readonly Resource[]): readonly Leads[] =>
  resources.flatMap((one) => (Object.hasOwn(readers, one.kind) ? (readers[one.kind]?.(one, resources) ?? []) : []))
