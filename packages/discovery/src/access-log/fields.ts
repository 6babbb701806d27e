/** What fields of JSON access logs are called by the programs that write them. */
import type { Flow } from './flow.ts'

export type Named = Exclude<keyof Flow, 'line' | 'format' | 'target'>

/** Dotted names are looked up as they are and as paths (nginx, Apache, Envoy, Caddy, Traefik, HAProxy, pino-http, ECS, CloudFront). */
export const fieldNames: Readonly<Record<Named, readonly string[]>> = {
  time: 'at time timestamp @timestamp ts time_iso8601 time_local start_time StartUTC StartLocal date datetime asctime'.split(
    ' ',
  ),
  source:
    'source source.ip source.address remote_addr remote_ip remoteAddress client_ip clientip client.ip client.address ClientHost ClientAddr request.remote_ip request.remote_addr req.remoteAddress remote client ip c-ip downstream_remote_address downstream_direct_remote_address'.split(
      ' ',
    ),
  method:
    'method request_method requestMethod RequestMethod http.request.method request.method req.method verb http_method'.split(
      ' ',
    ),
  host: 'host http_host Host RequestHost request.host req.headers.host authority :authority url.domain server_name vhost domain'.split(
    ' ',
  ),
  path: 'path uri request_uri url RequestPath request.uri req.url url.original url.path http.url requestUrl url_path'.split(
    ' ',
  ),
  status:
    'status status_code statusCode response_code DownstreamStatus OriginStatus http.response.status_code res.statusCode response.status code'.split(
      ' ',
    ),
  upstream: 'upstream upstream_addr upstream_host ServiceAddr ServiceURL BackendAddr backend_addr'.split(' '),
  backend: ['backend'],
}
