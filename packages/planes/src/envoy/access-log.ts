/** The access log as Envoy writes it: one accessLogRecord a line, with its types. */
import type { Edge } from '@lockgate/model'
import { typed } from './type-url.ts'

const seconds = 'double(request.duration.getSeconds()) + double(request.duration.getMilliseconds()) / 1000.0'

const asked = { method: '%REQ(:METHOD)%', host: '%REQ(:AUTHORITY)%', path: '%PATH(NQ)%' } as const
const unread = { method: '', host: '', path: '' } as const

function logger(edge: Edge, request: Readonly<Record<string, string>>, filter: object) {
  return {
    ...typed('envoy.access_loggers.file', 'fileAccessLog', {
      path: edge.accessLog,
      log_format: {
        json_format: {
          at: '%START_TIME%',
          edge: edge.id,
          backend: '%ROUTE_NAME%',
          source: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
          ...request,
          status: '%RESPONSE_CODE%',
          bytes: '%BYTES_SENT%',
          seconds: `%TYPED_CEL(${seconds})%`,
          upstream: '%UPSTREAM_HOST%',
        },
      },
    }),
    filter,
  }
}

const present = (name: string, invert_match: boolean) => ({
  header_filter: { header: { name, present_match: true, ...(invert_match ? { invert_match } : {}) } },
})
const needed = [':authority', ':path'] as const
const isRead = { and_filter: { filters: needed.map((name) => present(name, false)) } }
const isUnread = { or_filter: { filters: needed.map((name) => present(name, true)) } }

/** Two, of which one writes: for what could not be read as a request Envoy would write null where a text belongs. */
export const accessLogs = (edge: Edge) => [logger(edge, asked, isRead), logger(edge, unread, isUnread)]
