/** Runs the steps of the walk in order; the demo fails where one shows something else than it must. */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Company } from './company.ts'
import type { DemoOptions } from './demo-options.ts'
import type { Processes } from './processes.ts'
import { type Answer, type Step, steps } from './steps.ts'

export interface Walk {
  readonly options: DemoOptions
  readonly company: Company
  readonly processes: Processes
}

interface Passed {
  readonly step: string
  readonly code: number
  readonly seconds: number
}

const secondsSince = (start: number): number => Number(((performance.now() - start) / 1_000).toFixed(1))

async function runStep({ options, company, processes }: Walk, step: Step) {
  const argv = [...options.lockgate, ...step.args, '--dir', company.folder, '--json', '--quiet']
  if (!step.meanwhile) return processes.run(argv)
  const { meanwhile } = step
  let said = ''
  let busy = false
  let failed: unknown = null
  const hear = (text: string) => {
    said += text
    if (busy) return
    busy = true
    meanwhile(said).then(
      (done) => {
        busy = done
      },
      (cause: unknown) => {
        failed = cause
        options.say(String(cause))
      },
    )
  }
  const ran = await processes.run(argv, hear)
  if (failed) throw failed
  return ran
}

export async function walkStages(walk: Walk): Promise<number> {
  const { options, company, processes } = walk
  const { lockgate, say, answer } = options
  const { folder } = company
  const begun = performance.now()
  const passed: Passed[] = []
  for (const step of steps(folder, company)) {
    const shown = step.args.join(' ').replaceAll(`${folder}/`, '')
    say(`\n${step.title}\n$ lockgate ${shown}`)
    const start = performance.now()
    const { code, stdout } = await runStep(walk, step)
    const lines = code === step.code ? step.read(parse(stdout)) : null
    if (lines === null) {
      say(`This is not what the demo expects (exit ${code} where ${step.code} is expected):\n${stdout}`)
      answer({ open: false, folder, steps: passed, failed: shown })
      return options.signal.aborted ? 130 : 1
    }
    for (const line of lines) say(line)
    await step.afterwards?.()
    passed.push({ step: shown, code, seconds: secondsSince(start) })
    if (options.step) await waitForEnter()
  }
  const report = join(folder, 'report.html')
  const argv = [...lockgate, 'report', '--format', 'html', '--out', report, '--dir', folder, '--quiet', '--json']
  await processes.run(argv)
  const seconds = secondsSince(begun)
  sayEnd(walk, report, seconds)
  answer({ open: true, folder, report, seconds, simulated: company.standing.simulated, steps: passed })
  return 0
}

function sayEnd({ options: { say }, company }: Walk, report: string, seconds: number): void {
  const { simulated } = company.standing
  say(
    simulated
      ? `\nSIMULATED, it says nothing of a real network: stages 1 and 2 are open after ${seconds} s.`
      : `\nStages 1 and 2 are open after ${seconds} s. Stages 3 to 5 are not built in this version.`,
  )
  const variable = simulated ? 'LOCKGATE_DEMO_SIMULATED=1 ' : ''
  say(`Look at ${report}, or run: ${variable}lockgate status --dir ${company.folder}`)
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
