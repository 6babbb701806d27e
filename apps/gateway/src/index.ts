/** The builtin data plane as a function, for `lockgate gateway --edge ID`. */
export type { Log } from './log.ts'
export { type OpenTokens, openTokens, type TokensOptions } from './open-tokens.ts'
export { type GatewayOptions, runGateway } from './run-gateway.ts'
