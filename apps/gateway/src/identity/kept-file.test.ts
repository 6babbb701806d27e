import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { keptName, keptNames, whyOpen, withdrawFile } from './kept-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockgate-kept-'))
afterAll(() => rmSync(folder, { recursive: true }))
const content = 'an answer, or something that is none of nginx’s'
const at = (name: string): string => join(folder, name)

test('the name is the digest of the key’s bytes', () => {
  expect(keptName('payroll|GET|0|pass')).toBe('fb30bf97f2a56656c00242d1d1ac28cd')
})

test('only what nginx can have written is withdrawn', async () => {
  const [own, target, hard, pipe] = ['0', '1', '2', '3'].map((one) => one.repeat(32)) as [
    string,
    string,
    string,
    string,
  ]
  for (const name of [own, 'elsewhere', 'twice']) writeFileSync(at(name), content)
  symlinkSync(at('elsewhere'), at(target))
  linkSync(at('twice'), at(hard))
  execFileSync('mkfifo', [at(pipe)])
  for (const name of await keptNames(folder))
    try {
      withdrawFile(at(name))
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ELOOP')
    }
  withdrawFile(at('absent'))
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  expect(read(own)).toBe(`${'\0'.repeat(16)}${content.slice(16)}`)
  expect([read('elsewhere'), read('twice')]).toEqual([content, content])
})

test('a folder that others can write to is not trusted', async () => {
  const inside = at('inside')
  mkdirSync(inside, { mode: 0o700 })
  chmodSync(folder, 0o777)
  expect(await whyOpen(inside)).toBe(`others than root can write to the folder of ${inside}`)
  chmodSync(inside, 0o770)
  expect(await whyOpen(inside)).toBe(`${inside} is open to others than its owner`)
})
