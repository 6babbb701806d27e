/** The report as Markdown (GitHub's), for a repository or a ticket. */
import { carriedClaims, notClaimable } from './claims.ts'
import { effectsOf, identityHeadline, limitsOf } from './effects.ts'
import type { Report } from './report.ts'
import { lacking, stateOfStage, systemStates, warnings } from './states.ts'
import { type Summary, summarise } from './summary.ts'
import type { Column, Texts } from './texts/texts.ts'
import { textsOf } from './texts/texts-of.ts'

interface View {
  readonly report: Report
  readonly summary: Summary
  readonly texts: Texts
}

/** Rows that a table shows at most, and reasons that a row does. */
const mostRows = 2_000
const mostReasons = 20

const special = /[\\`*_{}[\]()#|<>~&@]|^[-+]|:(?=\/\/)/g
const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Nothing that was recorded becomes markup, a link or another line. */
const plain = (text: string): string =>
  text
    .replace(invisible, (one) => `\\u${(one.codePointAt(0) as number).toString(16).padStart(4, '0')}`)
    .replace(special, (one) => `\\${one}`)

const limited = (texts: Texts, all: readonly string[], most: number): readonly string[] =>
  all.length > most ? [...all.slice(0, most), plain(texts.more(all.length - most))] : all

const reasons = (texts: Texts, all: readonly string[]): string =>
  limited(texts, all.map(plain), mostReasons).join('<br>')

function table(texts: Texts, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return plain(texts.nothing)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const shown = rows.slice(0, mostRows).map(line)
  const more = rows.length > mostRows ? [`\n${plain(texts.more(rows.length - mostRows))}`] : []
  return [
    line(columns.map((one) => plain(texts.columns[one]))),
    line(columns.map(() => '---')),
    ...shown,
    ...more,
  ].join('\n')
}

const list = (items: readonly string[]): string => items.map((one) => `- ${one}`).join('\n')

function head({ report, summary, texts }: View): string {
  const counted = report.vantages.map((one) => `${one.id} (${texts.stands[one.stands]})`).join(', ')
  const said = [
    ...identityHeadline(report, texts, summary.stages.get('identity')?.proven.length ?? 0),
    ...(summary.byWaiver.length > 0 ? [texts.byWaiver(summary.byWaiver.length)] : []),
    ...(report.notBrokered.length > 0 ? [texts.notCounted(report.notBrokered.length)] : []),
    texts.standpoints(counted || texts.none),
    ...(texts.recordedInEnglish === null ? [] : [texts.recordedInEnglish]),
  ]
  const headline = summary.systems === 0 ? texts.noSystems : texts.headline(summary.proven.length, summary.systems)
  return [
    `# ${plain(texts.title)}`,
    plain(texts.of(report.organisation, report.at)),
    ...warnings(report).map((one) => `> **${plain(texts[one])}**`),
    `**${plain(headline)}**`,
    ...said.map(plain),
  ].join('\n\n')
}

const stages = ({ report, texts }: View): string =>
  table(
    texts,
    ['stage', 'gate', 'reasons', 'pass', 'fail', 'error', 'skip', 'waived'],
    report.stages.map((one) => [
      plain(texts.stageTitles[one.id] ?? one.title),
      plain(texts.states[stateOfStage(one)]),
      one.built ? reasons(texts, one.because) : '',
      ...(['pass', 'fail', 'error', 'skip', 'waived'] as const).map((count) => String(one.counts[count])),
    ]),
  )

function systems({ report, summary, texts }: View): string {
  const states = systemStates(report, summary)
  const rows = report.backends.map((one) => [
    `${plain(one.id)}<br>${plain(one.public)}`,
    plain(one.owner ?? texts.none),
    plain(one.wave),
    plain(texts.states[states.get(one.id) ?? 'notReady']),
    reasons(texts, lacking(one)),
  ])
  return table(texts, ['system', 'owner', 'wave', 'state', 'missing'], rows)
}

function claims({ report, summary, texts }: View): string {
  const { claims: words } = texts
  const carried = carriedClaims(report, summary)
  const said =
    typeof carried === 'string'
      ? [plain(words[carried])]
      : carried.flatMap(({ stage, proven, tenets, ztmm }) => [
          ...(stage === 'consolidate' ? [] : [`### ${stage}`]),
          plain(words.intro(proven, summary.systems)),
          `### ${plain(words.tenets)}`,
          list(
            tenets.map((one) =>
              plain(`${one.tenet}: ${words.tenet[one.tenet] ?? ''}${one.inPart ? ` (${words.inPart})` : ''}`),
            ),
          ),
          `### ${plain(words.ztmm)}`,
          list(ztmm.map((one) => plain(words.level(one.name, one.level, one.systems, summary.systems)))),
        ])
  const never = list([words.never, words.notFunctions(notClaimable.join(', '))].map(plain))
  return [...said, `### ${plain(words.notClaimable)}`, never].join('\n\n')
}

const findings = ({ report, summary, texts }: View): string =>
  summary.findings.length === 0 && report.evidence.length > 0
    ? plain(texts.allPassed)
    : table(
        texts,
        ['system', 'check', 'severity', 'state', 'seenFrom', 'because', 'at'],
        summary.findings.map(({ evidence, status, because, severity }) =>
          [
            evidence.backend,
            evidence.check,
            texts.severities[severity],
            texts.states[status],
            evidence.vantage,
            because,
            evidence.at,
          ].map(plain),
        ),
      )

function exceptions({ report, summary, texts }: View): string {
  const now = new Date(report.at)
  const ended = (over: boolean, yes: 'expired' | 'ended', no: 'current' | 'running') => texts.states[over ? yes : no]
  const waived = summary.waivers.map(({ backend, check, over, owner, reason, until }) =>
    [`${backend} ${check}`, ended(over, 'expired', 'current'), owner, reason, until].map(plain),
  )
  const opened = report.breakGlass.map(({ backend, owner, reason, until }) =>
    [backend, ended(new Date(until) <= now, 'ended', 'running'), owner, reason, until].map(plain),
  )
  const outside = report.notBrokered.map(({ what, owner, reason }) => [what, owner, reason].map(plain))
  const columns = ['what', 'state', 'owner', 'reason', 'until'] as const
  return [
    [texts.captions.waivers, table(texts, columns, waived)],
    [texts.captions.breakGlass, table(texts, columns, opened)],
    [texts.captions.notBrokered, table(texts, ['what', 'owner', 'reason'], outside)],
  ]
    .map(([title = '', content]) => `### ${plain(title)}\n\n${content}`)
    .join('\n\n')
}

function evidence({ report: { log }, texts: { evidence: words } }: View): string {
  const origin = words.origins[log.origin] ?? log.origin
  const rows = [
    [words.records, String(log.size)],
    [words.root, log.root],
    [words.key, log.vkey ?? '–'],
    [words.origin, origin],
  ].map(([name = '', value = '']) => `${plain(name)}: ${plain(value)}`)
  const state = plain(log.holds ? words.holds : words.doesNotHold)
  return [state, list([...rows, ...log.problems.map(plain)]), plain(words.how), plain(words.meaning)].join('\n\n')
}

const sections = { stages, systems, claims, findings, exceptions, evidence } as const

export function renderMarkdown(report: Report): string {
  const view: View = { report, summary: summarise(report), texts: textsOf(report.language) }
  const parts = Object.entries(sections).map(
    ([id, render]) => `## ${plain(view.texts.sections[id as keyof typeof sections])}\n\n${render(view)}`,
  )
  const part = (id: 'effects' | 'limits', items: readonly string[]) =>
    items.length === 0 ? [] : [`## ${plain(view.texts.sections[id])}\n\n${list(items.map(plain))}`]
  const ends = [...part('effects', effectsOf(report, view.texts)), ...part('limits', limitsOf(report, view.texts))]
  return `${[head(view), ...parts, ...ends].join('\n\n')}\n`
}
