import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import type { Idp } from '../../../test/lab/idp/index.ts'
import { ask, freePort, generationOf, until } from './gateway-stand.ts'
import { startIdp, startStand } from './identity-stand.ts'

/** Exit code of curl as that user, with that user's own group alone. */
const askAs = (user: string, group: string, socket: string): number | null => {
  const as = ['--reuid', user, '--regid', group, '--clear-groups']
  const curl = ['curl', '-s', '-f', '-m', '5', '--unix-socket', socket, 'http://lockgate.invalid/.lockgate/health']
  return spawnSync('setpriv', [...as, ...curl]).status
}
const refused = 7

/** The operator's main configuration as Debian has it, but for its places. */
function mainFile(home: string, user: string, port: number, socket: string): string {
  mkdirSync(home)
  const file = join(home, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  )
  const server = `server { listen 127.0.0.1:${port}; location / { proxy_set_header Host lockgate.invalid; proxy_pass http://unix:${socket}:; } }`
  writeFileSync(
    file,
    `user ${user};\nworker_processes auto;\npid ${home}/pid;\nerror_log ${home}/error.log;\nevents { }\nhttp { access_log off; ${temporary.join(' ')} ${server} }\n`,
  )
  return file
}

async function startNginx(home: string, user: string, socket: string): Promise<number> {
  const port = await freePort()
  const file = mainFile(home, user, port, socket)
  const master = spawn('nginx', ['-c', file, '-g', 'daemon off;'], { stdio: 'ignore' })
  const ended = new Promise((resolve) => master.on('exit', resolve))
  onTestFinished(async () => {
    master.kill('SIGTERM')
    await ended
  })
  await until(async () => (await ask(port, 'any.acme.test', '/.lockgate/health')) !== null, `nginx as ${user}`)
  return port
}

describe.skipIf(!have('root', 'nginx'))('who may ask over the socket (root, nginx)', () => {
  let idp: Idp
  beforeAll(async () => {
    idp = await startIdp()
  })
  afterAll(() => idp.stop())

  test('the engine’s workers, and nobody else', { timeout: 60_000 }, async () => {
    const stand = await startStand(idp, { role: 'decide', identity: { group: 'www-data' } })
    const { socket, folder } = stand
    chmodSync(folder.path, 0o755)
    expect(askAs('www-data', 'www-data', socket)).toBe(0)
    expect(askAs('nobody', 'nogroup', socket)).toBe(refused)

    const debian = await startNginx(join(folder.path, 'debian'), 'www-data', socket)
    expect(await ask(debian, 'any.acme.test', '/.lockgate/health')).toMatchObject({ status: 200, body: 'ok\n' })
    const other = await startNginx(join(folder.path, 'other'), 'nobody nogroup', socket)
    expect((await ask(other, 'any.acme.test', '/.lockgate/health'))?.status).toBe(502)
  })

  test('a group that there is not stops the generation; one that is named later is given', {
    timeout: 60_000,
  }, async () => {
    const stand = await startStand(idp, { role: 'decide' })
    const { socket, folder, gateway, config } = stand
    chmodSync(folder.path, 0o755)
    expect(askAs('www-data', 'www-data', socket)).toBe(refused)
    const withGroup = (group: string, letter: string) => ({
      ...config,
      generation: generationOf(letter),
      identity: { ...(config.identity as NonNullable<typeof config.identity>), group },
    })
    folder.write(withGroup('no-such-group', 'b'))
    await until(() => gateway.log().includes('no-such-group'), 'the refusal')
    expect(askAs('www-data', 'www-data', socket)).toBe(refused)
    folder.write(withGroup('www-data', 'c'))
    await until(() => askAs('www-data', 'www-data', socket) === 0, 'the group')
    expect(askAs('nobody', 'nogroup', socket)).toBe(refused)
  })
})
