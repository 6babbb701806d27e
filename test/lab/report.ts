/** Reads Vitest's JSON report: `report.ts skipped FILE` names skipped tests, `report.ts count FILE` counts. */
import { readFileSync } from 'node:fs'
import { argv, exit, stdout } from 'node:process'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const [, , command, file] = argv
if (!file || (command !== 'skipped' && command !== 'count')) {
  stdout.write('usage: report.ts skipped|count FILE\n')
  exit(2)
}

function read(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return null
  }
}

const report = read(file)
const tests = report?.testResults.flatMap((one) => one.assertionResults) ?? []
const count = (status: string) => tests.filter((one) => one.status === status).length

if (command === 'skipped') {
  const skipped = tests.filter((one) => one.status !== 'passed' && one.status !== 'failed')
  if (skipped.length > 0) stdout.write(`skipped: ${skipped.length}\n`)
  for (const one of skipped) stdout.write(`  ${one.fullName.trim()}\n`)
} else {
  // A file that could not be loaded or whose hook threw has no failed test of its own; it counts as one.
  const broken = (report?.testResults ?? []).filter(
    (one) => one.status === 'failed' && !one.assertionResults.some((test) => test.status === 'failed'),
  )
  const failures = count('failed') + broken.length
  for (const one of broken) stdout.write(`could not run: ${one.name}\n`)
  stdout.write(`${count('passed')} passed, ${failures} failed\n`)
  if (failures > 0 || count('passed') === 0) exit(1)
}
