/** The commands of the walk, in order, each with what it must show; the demo fails where one shows something else. */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Company } from './company.ts'
import type { Processes } from './processes.ts'
import type { DemoOptions } from './run-demo.ts'

interface Step {
  readonly title: string
  readonly args: readonly string[]
  readonly code: number
  /** A line to say about the answer, or null where it is not what it must be. */
  readonly read: (answer: Answer) => readonly string[] | null
}

interface Answer {
  readonly gate?: string
  readonly reasons?: readonly { check: string; backend: string | null; vantage: string | null; because: string }[]
  readonly files?: readonly { path: string; change: string }[]
  readonly applied?: boolean
  readonly confirmBy?: string | null
  readonly confirmed?: boolean
}

const shownReasons = 6

const shut = ({ gate, reasons = [] }: Answer): readonly string[] | null => {
  if (gate !== 'shut') return null
  const shown = reasons.slice(0, shownReasons).map(({ check, backend, vantage, because }) => {
    const where = [backend, vantage && `from ${vantage}`].filter(Boolean).join(' ')
    return `  ✗ ${check}${where ? ` ${where}` : ''}: ${because}`
  })
  return [
    `The gate is shut, for ${reasons.length} reasons:`,
    ...shown,
    ...(reasons.length > shownReasons ? ['  …'] : []),
  ]
}

const open = ({ gate, reasons = [] }: Answer): readonly string[] | null =>
  gate === 'open' && reasons.length === 0
    ? ['The gate is open: every probe from where users and neighbours stand is answered by the proxy alone.']
    : null

const steps = (folder: string): readonly Step[] => [
  { title: 'See from where users stand what is exposed', args: ['verify', 'consolidate'], code: 1, read: shut },
  {
    title: 'Plan: what would be written, and where; nothing changes',
    args: ['plan', 'consolidate'],
    code: 0,
    read: ({ files }) => files?.map(({ path, change }) => `  ${change} ${path.replace(`${folder}/`, '')}`) ?? null,
  },
  {
    title: 'Apply it as one transaction; hosts restore themselves unless it is confirmed',
    args: ['apply', 'consolidate', '--yes'],
    code: 0,
    read: ({ applied, confirmBy }) => (applied ? [`Applied; waits for a confirmation until ${confirmBy}.`] : null),
  },
  {
    title: 'Confirm, over new connections to every host',
    args: ['confirm'],
    code: 0,
    read: ({ confirmed }) => (confirmed ? ['Confirmed: it stays also after a restart.'] : null),
  },
  { title: 'Verify again', args: ['verify', 'consolidate'], code: 0, read: open },
]

export interface Walk {
  readonly options: DemoOptions
  readonly company: Company
  readonly processes: Processes
}

export async function walkStages({ options, company, processes }: Walk): Promise<number> {
  const { folder } = company
  const { simulated } = company.standing
  const { lockgate, say, answer } = options
  const begun = performance.now()
  const passed: { step: string; code: number; seconds: number }[] = []
  for (const step of steps(folder)) {
    say(`\n${step.title}\n$ lockgate ${step.args.join(' ')}`)
    const start = performance.now()
    const { code, stdout } = await processes.run([...lockgate, ...step.args, '--dir', folder, '--json', '--quiet'])
    const lines = code === step.code ? step.read(parse(stdout)) : null
    if (lines === null) {
      say(`This is not what the demo expects (exit ${code} where ${step.code} is expected):\n${stdout}`)
      answer({ open: false, folder, steps: passed, failed: step.args.join(' ') })
      return options.signal.aborted ? 130 : 1
    }
    for (const line of lines) say(line)
    passed.push({ step: step.args.join(' '), code, seconds: Number(((performance.now() - start) / 1_000).toFixed(1)) })
    if (options.step) await waitForEnter()
  }
  const report = join(folder, 'report.html')
  await processes.run([
    ...lockgate,
    'report',
    '--format',
    'html',
    '--out',
    report,
    '--dir',
    folder,
    '--quiet',
    '--json',
  ])
  const seconds = Number(((performance.now() - begun) / 1_000).toFixed(1))
  const [mark, variable] = simulated
    ? ['SIMULATED, it says nothing of a real network: s', 'LOCKGATE_DEMO_SIMULATED=1 ']
    : ['S', '']
  say(`\n${mark}tage 1 is open after ${seconds} s. Stages 2 to 5 are not built in this version.`)
  say(`Look at ${report}, or run: ${variable}lockgate status --dir ${folder}`)
  answer({ open: true, folder, report, seconds, simulated, steps: passed })
  return 0
}

const parse = (text: string): Answer => {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return {}
  }
}

async function waitForEnter(): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  await terminal.question('Enter goes on ')
  terminal.close()
}
