/** The report as SARIF 2.1.0 (OASIS), for code scanning and security dashboards. */
import { digestText } from '@lockgate/model'
import type { CheckInfo, Report } from './report.ts'
import { warnings } from './states.ts'
import { type Finding, summarise } from './summary.ts'
import { textsOf } from './texts/texts-of.ts'

const levels = { blocker: 'error', warning: 'warning', info: 'note' } as const

const gateRule = 'gate'

const ruleOf = ({ id, title, severity, tenets, ztmm }: CheckInfo) => ({
  id,
  shortDescription: { text: title },
  fullDescription: { text: `${title}. \`lockgate explain ${id}\` says how to fix it.` },
  defaultConfiguration: { level: levels[severity] },
  properties: { tags: ['zero-trust', ...tenets.map((one) => `NIST-SP-800-207-tenet-${one}`), ...ztmm] },
})

/** What was looked at is a system of lockgate.yaml, which is where a reader finds it. */
const locationOf = (name: string) => ({
  physicalLocation: { artifactLocation: { uri: 'lockgate.yaml' }, region: { startLine: 1 } },
  logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }],
})

/** The same finding has the same fingerprint in every report. */
const fingerprint = (...parts: readonly string[]) => ({ 'lockgate/v1': digestText(parts.join('\n')).slice(7) })

/** SARIF §3.27.9: other kinds than `fail` have the level `none`. */
const kinds: Readonly<Record<Finding['status'], string>> = {
  fail: 'fail',
  waived: 'fail',
  error: 'open',
  skip: 'notApplicable',
}

function resultOf({ waivers }: Report, { evidence, status, because, severity }: Finding) {
  const { check, backend, vantage, at } = evidence
  const waiver = waivers.find((one) => one.check === check && one.backend === backend)
  const kind = kinds[status]
  return {
    ruleId: check,
    kind,
    level: kind === 'fail' ? levels[severity] : 'none',
    message: { text: `${backend} from ${vantage}: ${because}` },
    locations: [locationOf(backend)],
    partialFingerprints: fingerprint(check, backend, vantage),
    properties: { vantage, at, status },
    ...(status === 'waived' && waiver
      ? {
          suppressions: [
            {
              kind: 'external',
              justification: `${waiver.reason} (${waiver.owner}, until ${waiver.until})`,
            },
          ],
        }
      : {}),
  }
}

const gateResults = (report: Report) =>
  report.stages
    .filter((one) => one.built && one.gate === 'shut')
    .map(({ id, because }) => ({
      ruleId: gateRule,
      kind: 'fail',
      level: 'error',
      message: { text: `the gate of ${id} is shut: ${because.slice(0, 20).join('; ')}` },
      locations: [locationOf(id)],
      partialFingerprints: fingerprint(gateRule, id),
    }))

export function renderSarif(report: Report): string {
  const { findings, proven, systems } = summarise(report)
  const texts = textsOf(report.language)
  const notifications = warnings(report).map((one) => ({ level: 'error', message: { text: texts[one] } }))
  const rules = [
    {
      id: gateRule,
      shortDescription: { text: 'The gate of a stage is open' },
      defaultConfiguration: { level: 'error' },
    },
    ...report.checks.map(ruleOf),
  ]
  const run = {
    tool: { driver: { name: 'Lockgate', informationUri: 'https://github.com/lockgate/lockgate', rules } },
    invocations: [
      { executionSuccessful: report.log.holds, endTimeUtc: report.at, toolExecutionNotifications: notifications },
    ],
    results: [...gateResults(report), ...findings.map((one) => resultOf(report, one))],
    columnKind: 'utf16CodeUnits',
    properties: { organisation: report.organisation, proven: proven.length, systems, simulated: report.simulated },
  }
  const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, null, 2)}\n`
}
