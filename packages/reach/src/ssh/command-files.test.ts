/** Files by programs of a host that lacks some: real programs, of which only those named are found. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { commandFiles, type StepRun } from './command-files.ts'
import { commandLine } from './shell-quote.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockgate-programs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const all = ['cat', 'chmod', 'dd', 'env', 'find', 'mkdir', 'mv', 'rm', 'sh', 'stat', 'sync']

/** Debian's busybox has no install(1), so there is none here. */
function filesWithout(...missing: readonly string[]) {
  const programs = mkdtempSync(join(folder, 'bin-'))
  for (const name of all.filter((one) => !missing.includes(one)))
    symlinkSync(spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(), join(programs, name))
  const run: StepRun = async (steps, input) => {
    const line = steps.map(({ argv, input: reads }) => commandLine(argv, { sudo: false, noInput: !reads })).join(' && ')
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], { input, env: { PATH: programs } })
    return { code: status, stdout, stderr, timedOut: false }
  }
  return commandFiles('a host', run)
}

test('are put and read by a few programs', async () => {
  const files = filesWithout()
  const path = join(folder, 'put')
  await files.putFile(path, 'one', 0o640)
  await files.putFile(path, 'two', 0o600)
  expect(readFileSync(path, 'utf8')).toBe('two')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(String(await files.readFile(path))).toBe('two')
  expect(await files.readFile(join(folder, 'nothing'))).toBeNull()
})

describe('a program that is not there is named, and no file is taken for missing', () => {
  const path = join(folder, 'there')
  writeFileSync(path, 'theirs')
  test.each([
    ['cat', (files: ReturnType<typeof filesWithout>) => files.readFile(path)],
    ['find', (files: ReturnType<typeof filesWithout>) => files.listFolder(folder)],
    ['stat', (files: ReturnType<typeof filesWithout>) => files.stat(path)],
    ['dd', (files: ReturnType<typeof filesWithout>) => files.putFile(join(folder, 'new'), 'x', 0o600)],
  ])('%s', (program, work) =>
    expect(work(filesWithout(program))).rejects.toMatchObject({
      code: 'LG3007',
      message: expect.stringContaining(program),
    }),
  )
})
