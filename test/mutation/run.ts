/**
 * `npm run mutants [TEXT]`: takes each protection out, one after the other, in a copy of the checkout, and runs the test that is
 * named after it. One JSON line a mutant: `{"name", "answers", "noticed"}`. Exit 1 where a test did not notice, or does not pass
 * with the protection in place.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../lab/index.ts'
import { copyTree } from './copy-tree.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

interface Outcome {
  readonly noticed: boolean
  readonly because?: string
}

/** Passed and failed, from the runner's own report. */
async function runTest(folder: string, { file, name }: Mutant['test']): Promise<{ passed: number; failed: number }> {
  const report = join(folder, 'mutant-report.json')
  writeFileSync(report, '{}')
  const argv = ['vitest', 'run', file, '-t', name, '--reporter=json', `--outputFile.json=${report}`]
  await run([join(folder, 'node_modules/.bin', argv[0] as string), ...argv.slice(1)], {
    cwd: folder,
    timeoutMs: 180_000,
  })
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    testResults = [],
  } = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests?: number
    numFailedTests?: number
    testResults?: readonly { readonly status: string }[]
  }
  const broken = testResults.some((one) => one.status === 'failed') ? 1 : 0
  return { passed: numPassedTests, failed: Math.max(numFailedTests, broken) }
}

async function judge(folder: string, mutant: Mutant, sound: Map<string, boolean>): Promise<Outcome> {
  const path = join(folder, mutant.file)
  const before = readFileSync(path, 'utf8')
  if (before.split(mutant.from).length !== 2)
    return { noticed: false, because: `${mutant.file} does not have the text exactly once` }
  const key = JSON.stringify(mutant.test)
  if (!sound.has(key)) {
    const { passed, failed } = await runTest(folder, mutant.test)
    sound.set(key, passed > 0 && failed === 0)
  }
  if (!sound.get(key)) return { noticed: false, because: 'its test does not pass with the protection in place' }
  writeFileSync(
    path,
    before.replace(mutant.from, () => mutant.to),
  )
  try {
    const { failed } = await runTest(folder, mutant.test)
    return failed > 0 ? { noticed: true } : { noticed: false, because: 'its test passes all the same' }
  } finally {
    writeFileSync(path, before)
  }
}

const wanted = process.argv[2] ?? ''
const chosen = mutants.filter((one) => `${one.name} ${one.answers.join(' ')}`.includes(wanted))
const copy = await copyTree()
const sound = new Map<string, boolean>()
let unnoticed = 0
try {
  for (const mutant of chosen) {
    const outcome = await judge(copy.folder, mutant, sound)
    if (!outcome.noticed) unnoticed++
    process.stdout.write(`${JSON.stringify({ name: mutant.name, answers: mutant.answers, ...outcome })}\n`)
  }
} finally {
  copy.remove()
}
process.stderr.write(`${chosen.length - unnoticed} of ${chosen.length} noticed\n`)
process.exitCode = unnoticed === 0 && chosen.length > 0 ? 0 : 1
