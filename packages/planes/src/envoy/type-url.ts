/** The type URLs of the Envoy API messages that are written, in one place. */

const prefix = 'type.googleapis.com/envoy'

export const typeUrl = {
  listener: `${prefix}.config.listener.v3.Listener`,
  cluster: `${prefix}.config.cluster.v3.Cluster`,
  filterConfig: `${prefix}.config.route.v3.FilterConfig`,
  connectionManager: `${prefix}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
  router: `${prefix}.extensions.filters.http.router.v3.Router`,
  headerMutation: `${prefix}.extensions.filters.http.header_mutation.v3.HeaderMutation`,
  jwtAuthn: `${prefix}.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
  jwtPerRoute: `${prefix}.extensions.filters.http.jwt_authn.v3.PerRouteConfig`,
  lua: `${prefix}.extensions.filters.http.lua.v3.Lua`,
  extAuthz: `${prefix}.extensions.filters.http.ext_authz.v3.ExtAuthz`,
  bodySizeLimit: `${prefix}.extensions.filters.http.body_size_limit.v3.BodySizeLimit`,
  earlyHeaderMutation: `${prefix}.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation`,
  fileAccessLog: `${prefix}.extensions.access_loggers.file.v3.FileAccessLog`,
  tlsInspector: `${prefix}.extensions.filters.listener.tls_inspector.v3.TlsInspector`,
  downstreamTls: `${prefix}.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
  upstreamTls: `${prefix}.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
  httpProtocolOptions: `${prefix}.extensions.upstreams.http.v3.HttpProtocolOptions`,
} as const

/** An extension: its name, its message and the message's fields. */
export const typed = (name: string, type: keyof typeof typeUrl, fields: object = {}) => ({
  name,
  typed_config: { '@type': typeUrl[type], ...fields },
})
