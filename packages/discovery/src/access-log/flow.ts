/** A request as an access log has it. */

export interface Flow {
  /** 1-based. */
  readonly line: number
  /** RFC 3339, or null where the log has none that can be read. */
  readonly time: string | null
  /** IP address of the client, or what stands in its place. */
  readonly source: string
  readonly method: string | null
  readonly host: string | null
  /** Without the query. */
  readonly path: string | null
  /** As it was logged, with its query; null where it names no path of this server. */
  readonly target: string | null
  readonly status: number | null
  /** Address and port that a proxy asked. */
  readonly upstream: string | null
  /** id of the backend, in Lockgate's own logs. */
  readonly backend: string | null
  readonly format: 'lockgate' | 'json' | 'combined' | 'common' | 'envoy'
}
