/** The reverse proxy core: what is decided on is what is forwarded; identity is a parameter. */
export { isGrpcType } from './grpc.ts'
export { judgePath, type PathJudgement } from './path.ts'
export { createProxy, defaultLimits } from './proxy.ts'
export type {
  Access,
  Answer,
  Asked,
  Decision,
  Endpoint,
  EngineJoint,
  KeyPair,
  Limits,
  ListenOn,
  OwnAsked,
  PathRules,
  Peer,
  ProxyOptions,
  ReverseProxy,
  Route,
  RouteSet,
  Tied,
  TlsMaterial,
} from './types.ts'
