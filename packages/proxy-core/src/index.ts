/** The reverse proxy core: what is decided on is what is forwarded; identity is a parameter. */
export { judgePath, type PathJudgement } from './path.ts'
export { createProxy, defaultLimits } from './proxy.ts'
export type {
  Access,
  Asked,
  Decision,
  Endpoint,
  KeyPair,
  Limits,
  ListenOn,
  PathRules,
  ProxyOptions,
  ReverseProxy,
  Route,
  RouteSet,
  TlsMaterial,
} from './types.ts'
