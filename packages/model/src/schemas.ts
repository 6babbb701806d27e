/** The JSON Schemas that ship with the package: one for each file and each `--json` answer. */
import { z } from 'zod'
import { accessLogRecord } from './access-log.ts'
import * as answers from './answers.ts'
import { configSchema } from './config.ts'
import { gatewayConfigSchema } from './gateway-config.ts'

const sources = {
  'lockgate.yaml': configSchema,
  gateway: gatewayConfigSchema,
  'access-log': accessLogRecord,
  'answer-verify': answers.verify,
  'answer-status': answers.status,
  'answer-plan': answers.plan,
  'answer-apply': answers.apply,
  'answer-scan': answers.scan,
  'answer-code-scan': answers.codeScan,
  'answer-code-migrate': answers.codeMigrate,
  'answer-error': answers.error,
} as const satisfies Record<string, z.ZodType>

/** JSON Schema (draft 2020-12) by file name. */
export function jsonSchemas(): ReadonlyMap<string, object> {
  return new Map(
    Object.entries(sources).map(([name, schema]) => [
      `${name}.schema.json`,
      z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }),
    ]),
  )
}
