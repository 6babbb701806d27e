import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { run } from '../../../test/lab/run.ts'

const lockgate = fileURLToPath(new URL('../../../lockgate', import.meta.url))

/** Without a single capability, and where no further user namespace can be made: as in a locked-down container. */
const deprived = [
  ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
  'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --bounding-set=-all "$@"',
  'sh',
]

describe.skipIf(!have('root'))('the demo where neither root nor a user namespace can be had (root)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-demo-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const env = { HOME: join(folder, 'home'), LOCKGATE_DEMO_GROUND: '' }
  const reachable = async (socket: string) =>
    (await run(['curl', '-s', '-m', '2', `http://127.0.0.1:${socket}/`])).code === 0

  test('walks the stages on loopback, and says that it is simulated', { timeout: 240_000 }, async () => {
    const argv = [...deprived, lockgate, 'demo', '--json', '--dir', join(folder, 'demo')]
    const { code, stdout, stderr } = await run(argv, { timeoutMs: 230_000, env })
    expect(code, stdout + stderr).toBe(0)
    const answer = JSON.parse(stdout) as { open: boolean; simulated: boolean; steps: { step: string; code: number }[] }
    expect(answer).toMatchObject({ open: true, simulated: true })
    expect(answer.steps.map((one) => one.code)).toEqual([1, 0, 0, 0, 0, 1, 1, ...Array(10).fill(0)])
    expect(readFileSync(join(folder, 'demo', 'report.html'), 'utf8')).toContain('Simulated surroundings')
  })

  test('opens no gate but its own', async () => {
    const status = async (more: Readonly<Record<string, string>>) => {
      const argv = [lockgate, 'status', '--json', '--dir', join(folder, 'demo')]
      const { stdout } = await run(argv, { env: { ...env, LOCKGATE_DEMO_SIMULATED: '', ...more } })
      return (JSON.parse(stdout) as { stages: { gate: string; because: string[] }[] }).stages.slice(0, 2)
    }
    expect((await status({ LOCKGATE_DEMO_SIMULATED: '1' })).map((one) => one.gate)).toEqual(['open', 'open'])
    for (const real of await status({})) {
      expect(real.gate).toBe('shut')
      expect(JSON.stringify(real.because)).toContain('gate.simulated')
    }
  })

  test('leaves no socket behind', async () => {
    const places = join(folder, 'demo', 'simulated', 'sockets')
    const sockets = readdirSync(places).flatMap((place) =>
      readdirSync(join(places, place)).map((name) => readFileSync(join(places, place, name), 'utf8')),
    )
    expect(sockets.length).toBeGreaterThan(3)
    expect(await Promise.all(sockets.map(reachable))).not.toContain(true)
    expect(existsSync(join(folder, 'demo', 'hosts', 'payroll', 'lockgate.nft'))).toBe(true)
  })
})
