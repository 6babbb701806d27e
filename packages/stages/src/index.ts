/** The stages and their gate. */
export { type Applied, type ApplyOptions, applyStage } from './apply.ts'
export { examine, type Finding } from './doctor.ts'
export { decideGate } from './gate.ts'
export type { Counts, GateDecision, GateInput } from './gate-input.ts'
export { appliedBackends, foldHistory, type History, pendingApply } from './history.ts'
export { type AskHttp, askHttps, type HttpAnswered, type HttpAsked } from './keycloak/ask-https.ts'
export { type KeycloakAdmin, type KeycloakAdminOptions, openKeycloakAdmin } from './keycloak/keycloak-admin.ts'
export { applyKeycloak, type KeycloakApplied, readKeycloak } from './keycloak/keycloak-client.ts'
export { type EdgeProgram, runOnEdge } from './on-edge.ts'
export {
  type DeviceCode,
  type DeviceCode,
  type LoopbackListener,
  type LoopbackListener,
  loginByBrowser,
  loginByBrowser,
  loginByDevice,
  loginByDevice,
} from './operator-login.ts'
export { type Planned, planStage } from './plan.ts'
export type { LogRecord } from './records.ts'
export { type BreakGlassOptions, breakGlass, removeBackend, uninstall } from './remove.ts'
export { rollback } from './rollback.ts'
export { scanSources, scanWithoutWorkspace } from './scan.ts'
export { type Confirmation, confirmTransaction, recover, type Settled } from './settle-transaction.ts'
export { builtStages, stages } from './stage-list.ts'
export { readStatus } from './status.ts'
export type { TransactionOutcome } from './transact.ts'
export { refuseUnknown, type VerifyOptions, verifyStage } from './verify.ts'
export { unwaive, type WaiveOptions, waive } from './waive.ts'
export { type WatchOptions, watch } from './watch.ts'
export { findWorkspace, openWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts'
