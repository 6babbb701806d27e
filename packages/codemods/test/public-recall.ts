/** `node --conditions=source packages/codemods/test/public-recall.ts DIR`: what `scanCode` finds in public projects, checked out as DIR/NAME, against the lists of testdata/public; prints a Markdown table. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scanCode } from '../src/index.ts'

const lists = join(import.meta.dirname, '../testdata/public')
const checkouts = process.argv[2] ?? '.'

interface Listed {
  readonly file: RegExp
  /** Null: anywhere in the file. */
  readonly line: number | null
  /** Either is right: what guards by a session is one, and a guard. */
  readonly kinds: readonly string[]
  /** Right if it is found, no loss if it is not: pages about accounts, tables, second lines of one thing. */
  readonly optional: boolean
  readonly text: string
}

interface List {
  readonly name: string
  readonly repo: string
  /** Lists of a round were written before the scanner had seen the project; null for those that were drafted with it. */
  readonly round: string | null
  readonly listed: readonly Listed[]
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
const pattern = (file: string): RegExp => new RegExp(`^${file.split('*').map(escaped).join('.*')}$`)

/** `# repo COMMIT`, `# round 1`, then `FILE:LINE:KIND|KIND`, with `*` in files and lines, and a `?` before what is optional. */
function readList(name: string): List {
  const lines = readFileSync(join(lists, name), 'utf8').split('\n')
  const [, repo = ''] = /^# (\S+)/.exec(lines[0] ?? '') ?? []
  const listed = lines.flatMap((text) => {
    const [, mark, file, at = '', kinds = ''] = /^(\?)?([^#:]+):(\d+|\*):([a-z|-]+)$/.exec(text) ?? []
    if (file === undefined) return []
    const line = at === '*' ? null : Number(at)
    return [{ file: pattern(file), line, kinds: kinds.split('|'), optional: mark === '?', text }]
  })
  const round = lines.find((one) => /^# (round|held out)/.test(one))?.slice(2) ?? null
  return { name: name.replace(/\.txt$/, ''), repo, round, listed }
}

const isSame = (one: Listed, { file, line, kind }: { file: string; line: number; kind: string }): boolean =>
  one.file.test(file) && one.kinds.includes(kind) && (one.line === null || Math.abs(one.line - line) <= 1)

async function measure(list: List) {
  const { findings } = await scanCode(join(checkouts, list.name))
  const required = list.listed.filter((one) => !one.optional)
  const missed = required.filter((one) => !findings.some((other) => isSame(one, other)))
  const sure = findings.filter((one) => one.certainty === 'sure')
  const wrong = sure.filter((one) => !list.listed.some((other) => isSame(other, one)))
  const wrongLikely = findings.filter(
    (one) => one.certainty === 'likely' && !list.listed.some((other) => isSame(other, one)),
  )
  for (const one of missed) console.error(`missed ${list.name} ${one.text}`)
  for (const one of wrong) console.error(`wrong ${list.name} ${one.file}:${one.line} ${one.kind} ${one.snippet}`)
  return {
    list,
    required: required.length,
    missed: missed.length,
    sure: sure.length,
    wrong: wrong.length,
    likely: findings.length - sure.length,
    wrongLikely: wrongLikely.length,
  }
}

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : (part / whole).toFixed(3))

const all: Awaited<ReturnType<typeof measure>>[] = []
for (const name of readdirSync(lists).sort()) {
  const list = readList(name)
  if (existsSync(join(checkouts, list.name))) all.push(await measure(list))
  else console.error(`${list.name} is not checked out in ${checkouts}`)
}
const row = (name: string, rows: typeof all): string => {
  const sum = (key: 'required' | 'missed' | 'sure' | 'wrong' | 'likely' | 'wrongLikely') =>
    rows.reduce((total, one) => total + one[key], 0)
  const [required, sure, likely] = [sum('required'), sum('sure'), sum('likely')]
  return `| ${name} | ${required} | ${percent(required - sum('missed'), required)} | ${sure} | ${percent(sure - sum('wrong'), sure)} | ${likely} | ${percent(likely - sum('wrongLikely'), likely)} |`
}
console.log(
  '| project | listed | recall | sure | precision | likely | precision of likely |\n|---|---|---|---|---|---|---|',
)
for (const one of all) console.log(row(`${one.list.repo}${one.list.round ? ` (${one.list.round})` : ''}`, [one]))
console.log(row('**all**', all))
for (const round of new Set(all.map((one) => one.list.round)))
  console.log(
    row(
      `**${round ?? 'not held out'}**`,
      all.filter((one) => one.list.round === round),
    ),
  )
