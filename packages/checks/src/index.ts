/** The checks that decide whether a stage is closed. */
import type { Check, StageId } from '@lockgate/model'
import { consolidateChecks } from './consolidate/index.ts'
import { publicEndpoints } from './edge-endpoints.ts'
import { type ExactAnswer, type ExactAsk, sendExactly } from './exact-ask.ts'
import { bodyLimit, type HttpAnswer, type HttpLine, openLine } from './http-line.ts'
import { identityChecks } from './identity/index.ts'

const byStage: Readonly<Partial<Record<StageId, readonly Check[]>>> = {
  consolidate: consolidateChecks,
  identity: identityChecks,
}

/** The checks of a stage in order; none for a stage that this version does not have. */
const checksOf = (stage: StageId): readonly Check[] => byStage[stage] ?? []

/** null where no check has this id. */
const checkById = (id: string): Check | null =>
  Object.values(byStage)
    .flat()
    .find((one) => one.id === id) ?? null

export {
  bodyLimit,
  checkById,
  checksOf,
  consolidateChecks,
  type ExactAnswer,
  type ExactAsk,
  type HttpAnswer,
  type HttpLine,
  identityChecks,
  openLine,
  publicEndpoints,
  sendExactly,
}
