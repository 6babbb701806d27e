import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, type Sshd } from '../lab/index.ts'
import { createWorld, type Verified, type World, type WorldConfig } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

interface Answer {
  readonly applied?: boolean
  readonly because?: string
  readonly restored?: readonly { readonly path: string }[]
  readonly confirmBy?: string | null
  readonly error?: { readonly code: string; readonly message: string }
}

/** The operator works at `desk`; the backend's host and the vantage `office` are asked over ssh. */
describe.skipIf(!have('netns', 'nft', 'nginx', 'sshd'))('hosts behind ssh (netns, nft, nginx, sshd)', () => {
  let world: World
  let sshd: Record<'payroll' | 'office', Sshd>
  beforeAll(async () => {
    world = await createWorld({ plane: 'nginx', hosts: ['payroll'], users: ['office', 'desk'] })
    sshd = { payroll: await world.lab.startSshd('payroll'), office: await world.lab.startSshd('office') }
    const { config } = world
    const [backend] = config.backends as [WorldConfig['backends'][number]]
    Object.assign(backend.host, { via: viaOf('payroll'), keep: [22] })
    config.vantages = [
      { id: 'office', stands: 'users', via: viaOf('office') },
      ...config.vantages.filter((one) => one.stands !== 'users'),
    ]
    world.lab.yaml(config)
  })
  afterAll(() => world?.close())

  const viaOf = (place: 'payroll' | 'office') => ({
    ssh: `root@${world.lab.at(place).ipv4}`,
    key: sshd[place].key,
    'known-hosts': sshd[place].knownHosts,
  })

  const lockgate = async (...args: readonly string[]) => {
    const ran = await world.lab.lockgate(args, { from: 'desk' })
    return { ...ran, answer: ran.answer as Answer }
  }
  const verify = async () => {
    const { code, answer, ...rest } = await world.lab.lockgate(['verify', 'consolidate'], { from: 'desk' })
    const { gate, reasons, evidence } = (answer ?? {}) as Verified
    if (!reasons) throw new Error(`verify ended with ${code}: ${say(answer)} ${rest.stderr}`)
    return { code, gate, reasons, evidence }
  }
  const expectOpen = async () => {
    const { code, gate, reasons } = await verify()
    expect(reasons, say(reasons)).toEqual([])
    expect([code, gate]).toEqual([0, 'open'])
  }
  const withHost = async (change: Record<string, unknown>, work: () => Promise<unknown>) => {
    const changed = structuredClone(world.config)
    Object.assign((changed.backends[0] as WorldConfig['backends'][number]).host, change)
    world.lab.yaml(changed)
    try {
      await work()
    } finally {
      world.lab.yaml(world.config)
    }
  }
  const tables = async () => (await world.lab.run('payroll', ['nft', 'list', 'tables'])).stdout
  const login = (command: string) => {
    const { key, knownHosts } = sshd.payroll
    const options = ['BatchMode=yes', 'ConnectTimeout=1', `UserKnownHostsFile=${knownHosts}`]
    const target = `root@${world.lab.at('payroll').ipv4}`
    return ['ssh', '-F', 'none', '-i', key, ...options.flatMap((one) => ['-o', one]), target, command]
  }
  const newLogin = async () => (await world.lab.run('desk', login('true'))).code

  it('a host whose key is not known: nothing is sent, and the line to add is shown', async () => {
    const nobody = world.lab.hostFile('desk', 'known_hosts')
    writeFileSync(nobody, '')
    const host = world.lab.at('payroll').ipv4
    await withHost({ via: { ...viaOf('payroll'), 'known-hosts': nobody } }, async () => {
      const { code, answer } = await lockgate('apply', 'consolidate', '--yes')
      expect([code, answer.error?.code], say(answer)).toEqual([3, 'LG3002'])
      const line = answer.error?.message.split('\n').find((one) => one.startsWith(`${host} ssh-ed25519 `)) as string
      expect(answer.error?.message).toContain(nobody)
      writeFileSync(nobody, `${line}\n`)
      const plan = await lockgate('plan', 'consolidate')
      expect(plan.code, say(plan)).toBe(0)
    })
  })

  it('a host that cannot be reached: nothing is planned or applied, and verify records that it could not look', async () => {
    await withHost({ via: { ...viaOf('payroll'), ssh: 'root@10.20.0.99' } }, async () => {
      for (const args of [
        ['plan', 'consolidate'],
        ['apply', 'consolidate', '--yes'],
      ] as const) {
        const { code, answer } = await lockgate(...args)
        expect([code, answer.error?.code], say(answer)).toEqual([3, 'LG3001'])
      }
      const { code, gate, evidence } = await verify()
      expect([code, gate]).toEqual([1, 'shut'])
      const errors = evidence.filter((one) => one.verdict.status === 'error')
      expect(errors.map((one) => one.verdict.because).join('\n'), say(evidence)).toContain('10.20.0.99')
    })
  })

  it('is shut, is applied and confirmed over ssh, and is open', async () => {
    const before = await verify()
    expect([before.code, before.gate]).toEqual([1, 'shut'])
    const exposed = before.reasons.filter((one) => one.check === 'consolidate.tcp-direct')
    expect(
      exposed.map((one) => one.vantage),
      say(before.reasons),
    ).toContain('office')
    const applied = await lockgate('apply', 'consolidate', '--yes')
    expect(applied.code, say(applied)).toBe(0)
    const confirmed = await lockgate('confirm')
    expect(confirmed.code, say(confirmed)).toBe(0)
    await expectOpen()
    expect((await lockgate('rollback')).code).toBe(0)
    expect(await tables()).not.toContain('lockgate')
  })

  it('a plan that cuts the operator off: the open session goes on, confirm finds out, and the host restores itself', () =>
    withHost({ keep: [], others: 'close' }, async () => {
      const session = await world.lab.spawn('desk', login('while nft list tables; do sleep 0.2; done'))
      try {
        const applied = await lockgate('apply', 'consolidate', '--yes', '--confirm-within', '20s')
        expect([applied.code, applied.answer.applied], say(applied)).toEqual([0, true])
        await session.until((stdout) => stdout.includes('lockgate'))
        expect(await newLogin()).toBe(255)
        const confirmed = await lockgate('confirm')
        expect(confirmed.code, say(confirmed)).toBe(3)
        expect(confirmed.answer.because).toContain(`the rest puts itself back by ${applied.answer.confirmBy}`)
        expect(say(confirmed.answer.restored)).not.toContain('lockgate.nft')
        expect(say((await lockgate('status')).answer)).toContain('not put back everywhere yet')
        await sleep(Math.max(0, Date.parse(applied.answer.confirmBy as string) + 2_000 - Date.now()))
        expect(await tables()).not.toContain('lockgate')
        expect(await newLogin()).toBe(0)
      } finally {
        await session.stop()
      }
      const status = await lockgate('status')
      expect([status.code, say(status.answer)]).toEqual([1, expect.stringContaining('gate.not-applied')])
    }))

  it('and the next apply, with the port kept, works', async () => {
    await withHost({ keep: [22], others: 'close' }, async () => {
      const applied = await lockgate('apply', 'consolidate', '--yes')
      expect(applied.code, say(applied)).toBe(0)
      const confirmed = await lockgate('confirm')
      expect(confirmed.code, say(confirmed)).toBe(0)
      await expectOpen()
    })
  })
})
