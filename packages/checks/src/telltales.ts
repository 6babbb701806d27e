/** Paths at which programs show what is for their operators only, and how such an answer is recognised. */

export interface Telltale {
  readonly path: string
  readonly shows: string
  /** True for the real thing, not for a page that answers 200 to everything. */
  recognise(text: string): boolean
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  if (!/^\s*\{/.test(text)) return null
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return null
  }
}

const prometheus = (text: string) =>
  /^# (?:TYPE [A-Za-z_:][\w:]* (?:counter|gauge|histogram|summary|untyped|unknown|info|stateset)|HELP [A-Za-z_:][\w:]* )/m.test(
    text,
  )
const isMarkup = (text: string) => /^\s*</.test(text)

export const telltales: readonly Telltale[] = [
  { path: '/metrics', shows: 'Prometheus metrics', recognise: prometheus },
  { path: '/actuator/prometheus', shows: 'Prometheus metrics', recognise: prometheus },
  { path: '/actuator', shows: 'the Spring actuator', recognise: (text) => jsonObject(text)?._links !== undefined },
  {
    path: '/actuator/env',
    shows: 'the Spring environment',
    recognise: (text) => jsonObject(text)?.propertySources !== undefined,
  },
  {
    path: '/debug/pprof/',
    shows: 'the Go profiler',
    recognise: (text) => /Types of profiles available|\/debug\/pprof\/\s*<\/title>/.test(text),
  },
  {
    path: '/debug/vars',
    shows: 'Go runtime variables',
    recognise: (text) => jsonObject(text)?.memstats !== undefined,
  },
  {
    path: '/server-status',
    shows: "Apache's status",
    recognise: (text) => /Apache Server Status for|^Total Accesses: \d/m.test(text),
  },
  {
    path: '/server-info',
    shows: "Apache's configuration",
    recognise: (text) => /Apache Server Information/.test(text),
  },
  { path: '/nginx_status', shows: "nginx's status", recognise: (text) => /^Active connections: \d/m.test(text) },
  { path: '/stub_status', shows: "nginx's status", recognise: (text) => /^Active connections: \d/m.test(text) },
  {
    path: '/haproxy?stats',
    shows: "HAProxy's statistics",
    recognise: (text) => /Statistics Report for HAProxy/.test(text),
  },
  {
    path: '/jolokia',
    shows: 'JMX over HTTP (Jolokia)',
    recognise: (text) => /"agent"\s*:\s*"/.test(text) && jsonObject(text) !== null,
  },
  {
    path: '/json/list',
    shows: 'a debugger',
    recognise: (text) => !isMarkup(text) && /"webSocketDebuggerUrl"\s*:/.test(text),
  },
  {
    path: '/.env',
    shows: 'environment settings',
    recognise: (text) => !isMarkup(text) && /^(?:export )?[A-Z][A-Z0-9_]*=/m.test(text),
  },
  { path: '/.git/config', shows: 'the Git repository', recognise: (text) => /^\s*\[core\]/m.test(text) },
  { path: '/.git/HEAD', shows: 'the Git repository', recognise: (text) => /^ref: refs\//.test(text) },
  { path: '/phpinfo.php', shows: "PHP's configuration", recognise: (text) => /<title>[^<]*phpinfo\(\)/.test(text) },
]
