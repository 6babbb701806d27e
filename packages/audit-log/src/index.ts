export {
  type Checkpoint,
  type CheckpointVerdict,
  checkpointBody,
  formatCheckpoint,
  type NoteSignature,
  parseCheckpoint,
  type TreeHead,
  verifyCheckpoint,
} from './checkpoint.ts'
export { commandSigner } from './command-signer.ts'
export { copyLog } from './copy-log.ts'
export type { LogProblem } from './diagnose-log.ts'
export { leafHash } from './digest.ts'
export type { Appended, LogWriter } from './log-writer.ts'
export {
  type Consistency,
  consistencyProof,
  type Inclusion,
  inclusionProof,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
export { type OpenLogOptions, openLog } from './open-log.ts'
export { type PinoIntoLogOptions, pinoIntoLog } from './pino-into-log.ts'
export { type ProcessLogOptions, processLog } from './process-log.ts'
export { type GrowthProof, proveConsistency, proveInclusion, type RecordProof } from './prove.ts'
export { type LogRecord, type ReadOptions, readRecords } from './read-records.ts'
export type { Recovered } from './set-aside.ts'
export { createSigningKey, loadSigningKey, type SigningKey } from './signing-key.ts'
export { type LogReport, type VerifyOptions, verifyLog } from './verify-log.ts'
export { parseVkey, type VerifierKey } from './vkey.ts'
export type { Dropped } from './walk-log.ts'
