export { type AccessLogRecord, accessLogRecord } from './access-log.ts'
export * as answers from './answers.ts'
export type {
  Backend,
  Edge,
  EdgeTls,
  GatewaySettings,
  Host,
  IdentitySettings,
  PathRules,
  Rollout,
  Settings,
  Stage,
  Vantage,
} from './backend.ts'
export { wavesOf } from './backend.ts'
export type { Check, Evidence, Mapping, Severity, Verdict, VerdictStatus } from './check.ts'
export {
  type Config,
  configSchema,
  type Firewall,
  type PlaneId,
  planeIds,
  type Secret,
  type StageId,
  stageIds,
  type Via,
} from './config.ts'
export { type ErrorCode, type ErrorPlace, errorCodes, LockgateError } from './error.ts'
export { type GatewayConfig, type GatewayIdentity, gatewayConfigSchema, generationHost } from './gateway-config.ts'
export { collapsedHeader, forwardingHeaders, refusedHeaders } from './headers.ts'
export type {
  CodeRead,
  ConnectFailure,
  ConnectOutcome,
  EdgeIo,
  Endpoint,
  FileStat,
  HostIo,
  IdentityIo,
  IdpClientRead,
  Io,
  Listener,
  LoginCode,
  NetworkIdentity,
  Reach,
  Route,
  RoutesRead,
  RunOptions,
  RunResult,
  ScanOptions,
  ScanResult,
  ScanTarget,
  VantageIo,
} from './io.ts'
export { canonicalJson, digest, digestText, type Json, textsDigester } from './json.ts'
export { type LiveRules, liveFolder, liveHome } from './live-folder.ts'
export { loadConfig, parseConfig } from './load-config.ts'
export { durationMs, hostPort, isIpAddress, isIpv6, type Origin, parseOrigin, sizeBytes } from './names.ts'
export { nearest } from './nearest.ts'
export { keyText, normalise } from './normalise.ts'
export { isEntra } from './normalise-identity.ts'
export { type OperatorSession, operatorAnswer } from './operator-session.ts'
export type {
  DataPlane,
  EdgeIdentity,
  EdgeModel,
  Feature,
  FirewallPlane,
  Gap,
  HostModel,
  Proof,
  Rendered,
  RenderedFile,
  Step,
  Support,
  Target,
  WorkerGroup,
} from './plan.ts'
export { features } from './plan.ts'
export { resolveSecret, type SecretPlace } from './resolve-secret.ts'
export { jsonSchemas } from './schemas.ts'
