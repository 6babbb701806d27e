/** Who may import whom, as data. Everyone may import `model`; nothing imports an app but another app. */

export const packageRules = {
  model: [],
  'audit-log': [],
  'proxy-core': [],
  assertion: [],
  'sso-adapter': [],
  codemods: [],
  reach: [],
  discovery: ['reach'],
  planes: [],
  checks: ['reach', 'audit-log'],
  stages: ['reach', 'audit-log', 'checks', 'planes', 'discovery', 'codemods'],
  report: ['audit-log'],
} as const satisfies Record<string, readonly string[]>

/** Apps may import every package and each other. */
export const apps = ['cli', 'gateway', 'demo'] as const

export const scope = '@lockgate/'

/** Names that `dependencies` of these packages are limited to, ours apart: what a reader may rely on when embedding them. */
export const onlyDepends = {
  'proxy-core': ['undici'],
  planes: ['yaml'],
  assertion: ['jose'],
} as const satisfies Record<string, readonly string[]>
