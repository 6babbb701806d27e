/** `node --conditions=source packages/codemods/test/public-recall.ts DIR`: what `scanCode` finds in public projects, checked out as DIR/NAME, against the lists of testdata/public; prints a Markdown table. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scanCode } from '../src/index.ts'

const lists = join(import.meta.dirname, '../testdata/public')
const checkouts = process.argv[2] ?? '.'

interface Listed {
  readonly file: string
  readonly line: number
  readonly kind: string
  /** Right if it is found, no loss if it is not: pages about accounts, tables, second lines of one thing. */
  readonly optional: boolean
}

interface List {
  readonly name: string
  readonly repo: string
  readonly heldOut: boolean
  readonly listed: readonly Listed[]
}

/** `# repo COMMIT`, `# held out`, then `FILE:LINE:KIND`, with a `?` before what is optional. */
function readList(name: string): List {
  const lines = readFileSync(join(lists, name), 'utf8').split('\n')
  const [, repo = ''] = /^# (\S+)/.exec(lines[0] ?? '') ?? []
  const listed = lines.flatMap((line) => {
    const [, mark, file = '', at = '', kind = ''] = /^(\?)?([^#:]+):(\d+):([a-z-]+)$/.exec(line) ?? []
    return file === '' ? [] : [{ file, line: Number(at), kind, optional: mark === '?' }]
  })
  return { name: name.replace(/\.txt$/, ''), repo, heldOut: lines.includes('# held out'), listed }
}

const isSame = (one: Listed, other: { file: string; line: number; kind: string }): boolean =>
  one.file === other.file && one.kind === other.kind && Math.abs(one.line - other.line) <= 1

async function measure(list: List) {
  const { findings } = await scanCode(join(checkouts, list.name))
  const required = list.listed.filter((one) => !one.optional)
  const missed = required.filter((one) => !findings.some((other) => isSame(one, other)))
  const sure = findings.filter((one) => one.certainty === 'sure')
  const wrong = sure.filter((one) => !list.listed.some((other) => isSame(other, one)))
  const wrongLikely = findings.filter(
    (one) => one.certainty === 'likely' && !list.listed.some((other) => isSame(other, one)),
  )
  for (const one of missed) console.error(`missed ${list.name} ${one.file}:${one.line} ${one.kind}`)
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
for (const one of all) console.log(row(`${one.list.repo}${one.list.heldOut ? ' (held out)' : ''}`, [one]))
console.log(row('**all**', all))
console.log(
  row(
    '**held out**',
    all.filter((one) => one.list.heldOut),
  ),
)
