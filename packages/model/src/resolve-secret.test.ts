import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { resolveSecret } from './resolve-secret.ts'

const dir = mkdtempSync(join(tmpdir(), 'lockgate-secret-'))
writeFileSync(join(dir, 'good'), 'top-secret\n')
writeFileSync(join(dir, 'empty'), '\n')
afterAll(() => rmSync(dir, { recursive: true }))

const at = { key: 'identity.keycloak.admin.secret', dir, env: process.env, code: 'LG3301' } as const

it.each([[{ file: 'good' }], [{ command: ['cat', 'good'] }]])('is read beside lockgate.yaml: %j', async (reference) => {
  expect(await resolveSecret(reference as { file: string }, at)).toBe('top-secret')
})

it.each([
  [{ file: 'gone' }, /file gone.*ENOENT/],
  [{ file: 'empty' }, /file empty is empty/],
  [{ env: 'LOCKGATE_NO_SUCH_VARIABLE' }, /variable LOCKGATE_NO_SUCH_VARIABLE is empty/],
  [{ command: ['sh', '-c', 'echo leaked-9; exit 3'] }, /command sh on this machine \(3\)/],
])('says where it is not: %j', async (reference, because) => {
  const asked = resolveSecret(reference as { file: string }, at)
  await expect(asked).rejects.toMatchObject({ code: 'LG3301', message: expect.stringMatching(because) })
  await expect(asked).rejects.not.toThrow(/leaked/)
})
