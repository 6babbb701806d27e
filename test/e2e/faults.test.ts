import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../lab/index.ts'
import { createWorld, type Reason, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

/** One world that is open; each case breaks one thing, sees the gate shut for it, and mends it. */
describe.skipIf(!have('netns', 'nft', 'nginx'))('an open gate shuts again (netns, nft, nginx)', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ plane: 'nginx', hosts: ['payroll'] })
    const backend = world.config.backends[0] as Record<string, unknown>
    backend.observe = { 'access-log': world.lab.hostFile('payroll', 'access.log') }
    world.lab.yaml(world.config)
    const applied = await world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '0'])
    expect(applied.code, say(applied)).toBe(0)
    const { reasons } = await world.verify()
    expect(reasons, say(reasons)).toEqual([])
  })
  afterAll(() => world?.close())

  const shutFor = async (check: string, because: RegExp, ...args: readonly string[]): Promise<readonly Reason[]> => {
    const { code, gate, reasons } = await world.verify(...args)
    expect([code, gate], say(reasons)).toEqual([1, 'shut'])
    const found = reasons.filter((one) => one.check === check)
    expect(found.map((one) => one.because).join('\n'), say(reasons)).toMatch(because)
    return reasons
  }

  /** Another application on the same host, such as a debug port. */
  const withListener = async (listen: string, port: number, work: () => Promise<unknown>) => {
    const child = await world.lab.startBackend('payroll', { id: 'extra', port, listen: [listen], accessLog: null })
    try {
      await work()
    } finally {
      await child.stop()
    }
  }

  it('for a listener on IPv6 only', () =>
    withListener(world.lab.at('payroll').ipv6 as string, 7070, () =>
      shutFor('consolidate.ipv6', /\[fd00:20::11\]:7070/),
    ))

  it('for an extra debug port', () =>
    withListener('0.0.0.0', 9229, () => shutFor('consolidate.port-sweep', /10\.20\.0\.11:9229/)))

  it('for a port published by DNAT', async () => {
    const rules = `table ip published { chain pre { type nat hook prerouting priority dstnat; tcp dport 19999 redirect to :7071; }; }`
    await world.lab.run('payroll', ['nft', '-f', '-'], { input: rules })
    try {
      await withListener('127.0.0.1', 7071, () => sleep(0))
      await withListener('0.0.0.0', 7071, () => shutFor('consolidate.docker-publish', /19999/))
    } finally {
      await world.lab.run('payroll', ['nft', 'delete', 'table', 'ip', 'published'])
    }
  })

  const withVirtualHost = async (server: string, work: () => Promise<unknown>) => {
    const file = join(world.engine.home, 'extra.conf')
    const main = readdirSync(world.engine.home).find((name) => name.endsWith('nginx.conf') || name === 'main') as string
    const path = join(world.engine.home, main)
    const before = readFileSync(path, 'utf8')
    writeFileSync(file, server)
    writeFileSync(path, before.replace(/http\s*\{/, `http { include ${file};`))
    await world.engine.reload()
    await sleep(300)
    try {
      await work()
    } finally {
      writeFileSync(path, before)
      await world.engine.reload()
      await sleep(300)
    }
  }

  it('for a second virtual host that leads to the same upstream', () =>
    withVirtualHost(
      'server { listen 10.10.0.2:80; server_name old-payroll.acme.test; location / { proxy_pass http://10.20.0.11:8080; } }',
      () => shutFor('consolidate.vhost-bypass', /old-payroll\.acme\.test/),
    ))

  it('for a virtual host that answers for the address of the backend', () =>
    withVirtualHost(
      'server { listen 10.10.0.2:80; server_name 10.20.0.11; location / { proxy_pass http://10.20.0.11:8080; } }',
      () => shutFor('consolidate.host-sni', /10\.20\.0\.11/),
    ))

  const withBackend = async (setting: object, work: () => Promise<unknown>) => {
    await world.restartBackend('payroll', setting)
    try {
      await work()
    } finally {
      await world.restartBackend('payroll', {})
    }
  }

  it('for /metrics that the proxy forwards', () =>
    withBackend({ metrics: true }, () => shutFor('consolidate.admin-ports', /\/metrics/)))

  it('for an answer with an absolute link to the upstream', () =>
    withBackend({ link: 'http://10.20.0.11:8080' }, () => shutFor('consolidate.absolute-links', /10\.20\.0\.11:8080/)))

  it("for a flow in the backend's log that did not come from the edge", async () => {
    const file = world.lab.hostFile('payroll', 'access.log')
    const before = readFileSync(file)
    const [line = ''] = before.toString('utf8').trim().split('\n').slice(-1)
    writeFileSync(file, `${before}${line.replace(/^\S+/, '10.10.1.99')}\n`)
    await shutFor('consolidate.flow-residue', /10\.10\.1\.99/)
    writeFileSync(file, before)
  })

  it('for a dead backend, and does not take its silence for safety', async () => {
    await world.stopBackend('payroll')
    const reasons = await shutFor('consolidate.brokered', /./)
    expect(
      reasons.filter((one) => one.check === 'consolidate.tcp-direct').map((one) => one.status),
      say(reasons),
    ).toContain('error')
    await world.restartBackend('payroll', {})
  })

  it('for a dead edge', async () => {
    await world.engine.stop()
    const reasons = await shutFor('consolidate.brokered', /refuse/)
    expect(reasons.find((one) => one.check === 'consolidate.tcp-direct')?.status, say(reasons)).toBe('error')
    await world.engine.restart()
  })

  const withConfig = async (change: (config: World['config']) => void, work: () => Promise<unknown>) => {
    const changed = structuredClone(world.config)
    change(changed)
    world.lab.yaml(changed)
    try {
      await work()
    } finally {
      world.lab.yaml(world.config)
    }
  }

  it('for a vantage that is down', () =>
    withConfig(
      (config) => config.vantages.push({ id: 'gone', stands: 'users', via: { netns: 'lg-not-there' } }),
      () => shutFor('consolidate.tcp-direct', /gone|lg-not-there/),
    ))

  it('for a vantage without an IPv6 route', async () => {
    const { netns, ipv6 } = world.lab.at('office')
    await world.lab.run('office', ['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1'])
    try {
      const reasons = await shutFor('consolidate.ipv6', /IPv6/)
      expect(reasons.find((one) => one.check === 'consolidate.ipv6')?.status, `${netns} ${ipv6} ${say(reasons)}`).toBe(
        'error',
      )
    } finally {
      await world.restoreIpv6('office')
    }
  })

  it("for a vantage that turns out to be the proxy's own host", () =>
    withConfig(
      (config) => {
        config.vantages = [{ id: 'office', stands: 'users', via: { netns: world.lab.at('edge').netns } }]
      },
      () => shutFor('gate.no-user-vantage', /proxy/),
    ))

  it('for evidence older than maxAge', () =>
    withConfig(
      (config) => {
        config.gate = { ...config.gate, maxAge: '1s' }
      },
      async () => {
        await world.verify()
        await sleep(1_500)
        const { answer } = await world.lab.lockgate(['status'])
        expect(say(answer)).toContain('gate.stale')
      },
    ))

  it('for evidence of another plan', () =>
    withConfig(
      (config) => {
        const backend = config.backends[0] as Record<string, unknown>
        backend.limits = { body: '1MiB' }
      },
      () => shutFor('gate.foreign-plan', /payroll/),
    ))

  it('for a wave that is not applied', () =>
    withConfig(
      (config) => {
        const [first] = config.backends as [World['config']['backends'][number]]
        config.backends.push({ ...first, id: 'second', public: 'http://second.acme.test', wave: 'later' })
      },
      () => shutFor('gate.not-applied', /second/),
    ))

  it('for no backends at all', () =>
    withConfig(
      (config) => {
        config.backends = []
      },
      () => shutFor('gate.no-backends', /no backend/),
    ))

  it('for a file changed on the host by hand', async () => {
    const name = readdirSync(world.engine.config).find((one) => one.startsWith('backend')) as string
    const file = join(world.engine.config, name)
    const before = readFileSync(file)
    writeFileSync(file, `${before}# by hand\n`)
    await shutFor('gate.foreign-plan', /changed by hand/)
    writeFileSync(file, before)
    await world.engine.reload()
  })

  it('for rules taken out of the kernel by hand', async () => {
    const saved = (await world.lab.run('payroll', ['nft', '-s', 'list', 'table', 'inet', 'lockgate'])).stdout
    await world.lab.run('payroll', ['nft', 'delete', 'table', 'inet', 'lockgate'])
    await shutFor('gate.foreign-plan', /rules/)
    await world.lab.run('payroll', ['nft', '-f', '-'], { input: saved })
  })

  it('for a waiver that has expired, and not before', async () => {
    await withListener('0.0.0.0', 9229, async () => {
      const until = new Date(Date.now() + 600_000).toISOString()
      for (const check of [
        'consolidate.port-sweep',
        'consolidate.admin-ports',
        'consolidate.ipv6',
        'consolidate.bind-address',
        'consolidate.vantage-set',
        'consolidate.host-sni',
      ]) {
        const args = [
          'waive',
          check,
          '--backend',
          'payroll',
          '--owner',
          'ana',
          '--reason',
          'being moved',
          '--until',
          until,
        ]
        expect((await world.lab.lockgate(args)).code).toBe(0)
      }
      const { reasons } = await world.verify()
      expect(reasons, say(reasons)).toEqual([])
      const soon = Date.now() + 8_000
      const waiver = ['waive', 'consolidate.port-sweep', '--backend', 'payroll', '--owner', 'ana', '--reason', 'x']
      const shortened = await world.lab.lockgate([...waiver, '--until', new Date(soon).toISOString()])
      expect(shortened.code, say(shortened)).toBe(0)
      await sleep(Math.max(0, soon + 200 - Date.now()))
      await shutFor('consolidate.port-sweep', /expired/)
    })
  }, 180_000)

  const logFolder = () => join(world.lab.work, '.lockgate', 'log', 'operator')
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
  const tampering: readonly [string, (all: string[]) => string[]][] = [
    [
      'edited',
      (all) =>
        all.map((line, index) => (index === 2 ? line.replace('"fail"', '"pass"').replace('payroll', 'pbyroll') : line)),
    ],
    ['removed', (all) => all.filter((_, index) => index !== 2)],
    ['reordered', (all) => [all[1] as string, all[0] as string, ...all.slice(2)]],
    ['cut off', (all) => all.slice(0, -1)],
  ]
  for (const [title, change] of tampering)
    it(`for a record that was ${title}`, async () => {
      const segments = join(logFolder(), 'segments')
      const file = join(segments, readdirSync(segments).find((name) => name.endsWith('.jsonl')) as string)
      copyFileSync(file, `${world.lab.work}/kept`)
      writeFileSync(file, `${change(lines(file)).join('\n')}\n`)
      try {
        const status = await world.lab.lockgate(['status'])
        expect([status.code, say(status.answer)]).toEqual([1, expect.stringContaining('gate.tampered')])
        await shutFor('gate.tampered', /./)
      } finally {
        copyFileSync(`${world.lab.work}/kept`, file)
      }
    })

  it('and is open again once all is mended', async () => {
    const { code, reasons } = await world.verify()
    expect(reasons, say(reasons)).toEqual([])
    expect(code).toBe(0)
  })
})
