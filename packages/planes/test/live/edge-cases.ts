/** What every engine's generated configuration must do. */
import type { EdgeCase } from './edge-ask.ts'
import { hostCases } from './edge-host-cases.ts'
import { messageCases } from './edge-message-cases.ts'
import { requestCases } from './edge-request-cases.ts'

export const edgeCases: readonly EdgeCase[] = [...hostCases, ...requestCases, ...messageCases]
