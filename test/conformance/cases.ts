/** The conformance suite: one list, run on every plane. */
import type { Case } from './case.ts'
import { answerCases } from './cases/answers.ts'
import { headerCases } from './cases/headers.ts'
import { hostCases } from './cases/hosts.ts'
import { pathCases } from './cases/paths.ts'
import { smugglingCases } from './cases/smuggling.ts'
import { streamCases } from './cases/streams.ts'

export const cases: readonly Case[] = [
  ...headerCases,
  ...pathCases,
  ...hostCases,
  ...smugglingCases,
  ...answerCases,
  ...streamCases,
]
