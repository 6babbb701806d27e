/** The JSON answers of the commands, as the contract has them. */
import { z } from 'zod'
import { stageIds, via } from './config.ts'

const stage = z.enum(stageIds)
const verdict = z.union([
  z.strictObject({ status: z.literal('pass') }),
  z.strictObject({ status: z.enum(['fail', 'error', 'skip']), because: z.string() }),
])

export const evidence = z.strictObject({
  check: z.string(),
  backend: z.string(),
  vantage: z.string(),
  at: z.string(),
  plan: z.string().nullable(),
  facts: z.json(),
  verdict,
  simulated: z.literal(true).optional(),
})

export const reason = z.strictObject({
  check: z.string(),
  backend: z.string().nullable(),
  vantage: z.string().nullable(),
  status: z.enum(['fail', 'error', 'skip', 'missing']),
  because: z.string(),
})
export type Reason = z.infer<typeof reason>

export const verifyStage = z.strictObject({
  stage,
  gate: z.enum(['open', 'shut']),
  at: z.string(),
  reasons: z.array(reason),
  evidence: z.array(evidence),
})
export type VerifyStage = z.infer<typeof verifyStage>
export const verify = z.union([verifyStage, z.strictObject({ stages: z.array(verifyStage) })])

export const status = z.strictObject({
  stages: z.array(
    z.strictObject({
      id: stage,
      gate: z.enum(['open', 'shut']),
      locked: z.boolean(),
      built: z.boolean(),
      because: z.array(z.string()),
      counts: z.strictObject({ pass: z.int(), fail: z.int(), error: z.int(), skip: z.int(), waived: z.int() }),
    }),
  ),
  pending: z.strictObject({ stage, confirmBy: z.string() }).nullable().optional(),
})
export type StatusAnswer = z.infer<typeof status>

export const plan = z.strictObject({
  stage,
  digest: z.string(),
  files: z.array(
    z.strictObject({
      via,
      path: z.string(),
      mode: z.string(),
      content: z.string(),
      change: z.enum(['create', 'update', 'same']),
    }),
  ),
  commands: z.array(z.strictObject({ via, argv: z.array(z.string()), phase: z.enum(['test', 'reload']) })),
  steps: z.array(
    z.strictObject({ via, file: z.string().nullable(), line: z.int().nullable(), text: z.string(), done: z.boolean() }),
  ),
  gaps: z.array(
    z.strictObject({
      edge: z.string().nullable(),
      backend: z.string().nullable(),
      feature: z.string(),
      because: z.string(),
      required: z.boolean(),
    }),
  ),
})
export type PlanAnswer = z.infer<typeof plan>

/** What a generated virtual host answered beside the one that it is to replace. Paths without their queries. */
const sampled = z.strictObject({
  backend: z.string(),
  asked: z.int(),
  alike: z.int(),
  different: z.int(),
  /** The old one answered itself otherwise when it was asked again, so that part was not compared. */
  varying: z.int(),
  /** Neither answered. */
  unanswered: z.int(),
  differences: z.array(z.strictObject({ path: z.string(), what: z.string(), old: z.string(), new: z.string() })),
})
export type Sampled = z.infer<typeof sampled>

/** The client at the identity provider; `changed` are names of settings. */
const idpApplied = z.strictObject({
  client: z.string(),
  created: z.boolean(),
  changed: z.array(z.string()),
  /** The provider made its secret, which a person carries to the gateway's host. */
  secretMade: z.boolean(),
})
export type IdpApplied = z.infer<typeof idpApplied>

export const apply = z.strictObject({
  stage,
  applied: z.boolean(),
  confirmBy: z.string().nullable(),
  restored: z.array(z.strictObject({ via, path: z.string() })),
  because: z.string().optional(),
  sample: z.array(sampled).optional(),
  idp: idpApplied.optional(),
})
export type ApplyAnswer = z.infer<typeof apply>

export const scan = z.strictObject({
  backends: z.array(
    z.strictObject({
      id: z.string(),
      upstream: z.string().nullable(),
      public: z.string().nullable(),
      from: z.array(z.strictObject({ source: z.string(), file: z.string().nullable(), line: z.int().nullable() })),
      exposed: z.array(z.strictObject({ address: z.string(), port: z.int(), by: z.string() })),
      known: z.boolean(),
    }),
  ),
  unread: z.array(z.strictObject({ source: z.string(), because: z.string() })),
})
export type ScanAnswer = z.infer<typeof scan>

const codeFinding = z.strictObject({
  file: z.string(),
  line: z.int(),
  kind: z.enum(['login-route', 'password-check', 'session', 'jwt-verify', 'strategy', 'listener', 'basic-auth']),
  framework: z.string(),
  snippet: z.string(),
  certainty: z.enum(['sure', 'likely']),
  fix: z.enum(['automatic', 'guided', 'by-hand']),
  /** Of login routes whose method and path are literal: what others can ask at the running backend. */
  method: z.string().optional(),
  path: z.string().optional(),
})
export type CodeFinding = z.infer<typeof codeFinding>

export const codeScan = z.strictObject({
  findings: z.array(codeFinding),
  files: z.strictObject({
    seen: z.int(),
    parsed: z.int(),
    failed: z.array(z.strictObject({ file: z.string(), because: z.string() })),
  }),
})
export type CodeScan = z.infer<typeof codeScan>

export const codeMigrate = z.strictObject({
  applied: z.boolean(),
  files: z.array(z.string()),
  patch: z.string(),
  decisions: z.array(z.strictObject({ file: z.string(), line: z.int(), decide: z.string() })),
  failed: z.array(z.strictObject({ file: z.string(), because: z.string() })),
})
export type CodeMigrate = z.infer<typeof codeMigrate>

export const error = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    at: z
      .strictObject({ file: z.string().optional(), line: z.int().optional(), key: z.string().optional() })
      .optional(),
    help: z.string(),
  }),
})
