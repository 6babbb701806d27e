import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createSigningKey, openLog, pinoIntoLog, processLog, readRecords, verifyLog } from './index.ts'

const secret = 'p4ss "w&rd'

function logged(write: (log: ReturnType<typeof processLog>) => void, secrets: Iterable<string> = [secret]): string {
  const lines: string[] = []
  write(processLog({ level: 'trace', secrets, stream: { write: (line: string) => void lines.push(line) } }))
  return lines.join('')
}

type Case = readonly [title: string, write: (log: ReturnType<typeof processLog>) => void]

const byKey: readonly Case[] = [
  ['at the top', (log) => log.info({ password: 'hunter22' })],
  ['deep inside', (log) => log.info({ a: [{ b: { client_secret: 'hunter22' } }] })],
  ['in headers of any case', (log) => log.info({ headers: { Authorization: 'hunter22', 'Set-Cookie': ['hunter22'] } })],
  ['in raw headers', (log) => log.info({ rawHeaders: ['Accept', '*/*', 'Cookie', 'sid=hunter22'] })],
  ['in pairs', (log) => log.info({ headers: [['cookie', 'sid=hunter22']] })],
  ['in bindings of a child', (log) => log.child({ refreshToken: 'hunter22' }).info('hello')],
  ['in fields of an error', (log) => log.error(Object.assign(new Error('no'), { config: { token: 'hunter22' } }))],
  ['in JSON within text', (log) => log.info({ body: '{"user":1,"new_password": "hunter22","x":2}' })],
  ['in a form within text', (log) => log.info('POST grant_type=x&client_secret=hunter22&y=2')],
  ['with a name of one’s own', (log) => log.info({ keycloakAdminPassword: 'hunter22', 'x-csrf-token': 'hunter22' })],
  ['that is a whole object', (log) => log.info({ credentials: { user: 'hunter22' } })],
  ['in an authorization scheme within text', (log) => log.info('got Bearer hunter22.abc from them')],
  ['in the user information of a URL', (log) => log.info('connecting to postgres://ops:hunter22@db/x')],
]

const byValue: readonly Case[] = [
  ['in the message', (log) => log.info(`the word is ${secret}.`)],
  ['in a format argument', (log) => log.info('the word is %s', secret)],
  ['in a field', (log) => log.info({ note: `a${secret}b` })],
  ['as a key', (log) => log.info({ [secret]: 1 })],
  ['in an error and its stack', (log) => log.error(new Error(`refused ${secret}`))],
  ['as JSON within a string', (log) => log.info({ body: JSON.stringify({ note: secret }) })],
  ['in a URL', (log) => log.info(`/login?p=${encodeURIComponent(secret)}`)],
  ['in a form', (log) => log.info(new URLSearchParams({ p: secret }).toString())],
]

describe('the process log', () => {
  it.each(byKey)('redacts by key: %s', (_title, write) => {
    const text = logged(write)
    expect(text).not.toContain('hunter22')
    expect(text).toContain('[redacted]')
    expect(text).toMatch(/^\{.*\}\n$/)
  })

  it.each(byValue)('redacts by value: %s', (_title, write) => {
    const text = logged(write)
    for (const spelling of ['p4ss', 'w&rd', 'w%26rd']) expect(text).not.toContain(spelling)
    expect(JSON.stringify(JSON.parse(text))).toContain('[redacted]')
  })

  it('knows secrets that are registered later', () => {
    const secrets = new Set<string>()
    const text = logged((log) => {
      secrets.add('late-secret')
      log.info('it is late-secret')
    }, secrets)
    expect(text).toContain('it is [redacted]')
  })

  it('a secret inside another leaves nothing of the longer one', () => {
    const text = logged((log) => log.info('abc-def'), ['abc', 'abc-def'])
    expect(JSON.parse(text)).toMatchObject({ msg: '[redacted]' })
  })

  it('leaves everything else as it was', () => {
    const fields = {
      backend: 'wiki',
      tokens: 3,
      nested: [null, true, 1.5, 'text'],
      passwordless: true,
      authorized: 'yes',
    }
    expect(JSON.parse(logged((log) => log.warn(fields, 'hello')))).toMatchObject({
      ...fields,
      level: 'warn',
      msg: 'hello',
    })
  })

  it('goes to stderr', () => {
    const code = `import { processLog } from '@lockgate/audit-log'; processLog({ level: 'info' }).info({ token: 'hunter22' }, 'hello')`
    const argv = ['--conditions=source', '--input-type=module', '-e', code]
    const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd: import.meta.dirname, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(JSON.parse(stderr)).toMatchObject({ level: 'info', msg: 'hello', token: '[redacted]' })
  })
})

describe('pino into the log', () => {
  let folder = ''
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const begin = async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockgate-pino-'))
    return openLog({ folder, key: createSigningKey('ops.example'), segmentRecords: 100 })
  }

  it('seals every line, redacted', async () => {
    const writer = await begin()
    const stream = pinoIntoLog(writer)
    const log = processLog({ level: 'info', stream, secrets: [secret] })
    for (let n = 0; n < 500; n += 1) log.info({ n, password: secret }, `line ${n} ${secret}`)
    await new Promise<void>((resolve) => stream.end(resolve))
    await writer.close()
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size: 500 })
    for await (const { index, record } of readRecords(folder))
      expect(record).toMatchObject({ n: index, password: '[redacted]', msg: `line ${index} [redacted]` })
  })

  it('tells what could not be appended, and goes on', async () => {
    const writer = await begin()
    const lost: string[] = []
    const stream = pinoIntoLog(writer, { onError: (_error, lines) => lost.push(...lines) })
    stream.write('no json\n')
    await new Promise((resolve) => stream.write('{"n":1}\n', resolve))
    await new Promise<void>((resolve) => stream.end(resolve))
    await writer.close()
    expect(lost).toEqual(['no json'])
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size: 1 })
  })
})
