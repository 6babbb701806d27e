import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { commandSigner } from './command-signer.ts'
import { loadSigningKey } from './signing-key.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockgate-key-'))
})
afterEach(() => rm(folder, { recursive: true }))

const head = { origin: 'ops', size: 0, root: new Uint8Array(32) }

it('creates the key once, for its owner only', async () => {
  const file = join(folder, 'log.key')
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadSigningKey(file, 'ops')))
  expect(new Set(keys.map((one) => one.vkey)).size).toBe(1)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

it('refuses a key that others may read', async () => {
  const file = join(folder, 'log.key')
  await loadSigningKey(file, 'ops')
  await chmod(file, 0o644)
  await expect(loadSigningKey(file, 'ops')).rejects.toMatchObject({ code: 'LG3103', message: /chmod 600/ })
})

it('refuses what is no Ed25519 key', async () => {
  const file = join(folder, 'log.key')
  await writeFile(file, 'not a key', { mode: 0o600 })
  await expect(loadSigningKey(file, 'ops')).rejects.toMatchObject({ code: 'LG3103' })
})

it('says when the folder is not there', () =>
  expect(loadSigningKey(join(folder, 'no', 'log.key'), 'ops')).rejects.toMatchObject({ code: 'LG3009' }))

const signer = `import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
const signature = sign(null, readFileSync(0), createPrivateKey(readFileSync(process.argv[1])))
process.stdout.write(signature.toString('base64') + '\\n')`

it('signs behind a command', async () => {
  const file = join(folder, 'log.key')
  const { vkey } = await loadSigningKey(file, 'ops')
  const key = commandSigner([process.execPath, '--input-type=module', '-e', signer, file], vkey)
  expect(verifyCheckpoint(await formatCheckpoint(head, key), vkey).valid).toBe(true)
})

it.each([
  ['that does not exist', ['/nonexistent/signer'], /cannot run/],
  ['that fails', ['false'], /exit code 1/],
  ['that prints no signature', ['echo', 'hello'], /64 bytes/],
])('a command %s is an error', async (_title, argv, message) => {
  const { vkey } = await loadSigningKey(join(folder, 'log.key'), 'ops')
  await expect(formatCheckpoint(head, commandSigner(argv, vkey))).rejects.toMatchObject({ code: 'LG3103', message })
})
