import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

interface Hand {
  /** The engine's main configuration, with the operator's own file taken in after Lockgate's folder. */
  readonly main: string
  readonly takeIn: (main: string, folder: string, site: string) => string
  /** The operator's virtual host; `forwarding` is its own, or the line that takes the snippet in. */
  readonly site: (forwarding: string) => string
  readonly forwarding: (upstream: string) => string
}

const hands: Readonly<Record<'nginx' | 'apache', Hand>> = {
  nginx: {
    main: 'nginx.conf',
    takeIn: (main, folder, site) => main.replace(`include ${folder}/*.conf;`, (line) => `${line}\n  include ${site};`),
    site: (forwarding) => `server {
  listen 80 default_server;
  listen [::]:80 default_server;
  return 404;
}
server {
  listen 80;
  listen [::]:80;
  server_name payroll.acme.test;
  rewrite ^/old/(.*)$ /new/$1 last;
  location = /own { return 200 "of the operator"; }
  ${forwarding}
}
`,
    forwarding: (upstream) => `location / { proxy_pass ${upstream}; proxy_set_header Host $host; }`,
  },
  apache: {
    main: 'apache.conf',
    takeIn: (main, folder, site) =>
      main.replace(`IncludeOptional ${folder}/*.conf`, (line) => `${line}\nInclude ${site}`),
    site: (forwarding) => `Listen 80
<VirtualHost *:80>
  ServerName default.acme.test
  RewriteEngine On
  RewriteRule ^ - [R=404,L]
</VirtualHost>
<VirtualHost *:80>
  ServerName payroll.acme.test
  RewriteEngine On
  RewriteRule ^/old/(.*)$ /new/$1 [PT]
  RewriteRule ^/own$ - [R=410,L]
  ${forwarding}
</VirtualHost>
`,
    forwarding: (upstream) => `ProxyPreserveHost On\n  ProxyPass / ${upstream}/`,
  },
}

interface PlanAnswer {
  readonly steps: readonly { readonly text: string; readonly done: boolean }[]
  readonly gaps: readonly { readonly feature: string; readonly required: boolean }[]
}

for (const [plane, hand] of Object.entries(hands) as ['nginx' | 'apache', Hand][])
  describe.skipIf(!have('netns', 'nft', plane))(`a hand-written virtual host on ${plane} (netns, nft)`, () => {
    let world: World
    let line: string
    beforeAll(async () => {
      world = await createWorld({ plane })
      const edge = world.config.edges[0] as Record<string, unknown>
      edge.vhosts = 'theirs'
      world.lab.yaml(world.config)
      const main = `${world.engine.home}/${hand.main}`
      line = `${plane === 'nginx' ? 'include' : 'Include'} ${world.engine.config}/snippets/backend-payroll.conf`
      writeFileSync(main, hand.takeIn(readFileSync(main, 'utf8'), world.engine.config, site()))
      await writeSite(own())
    })
    afterAll(() => world?.close())

    const site = () => `${world.engine.home}/payroll.site`
    const own = () => hand.forwarding(`http://${world.lab.at('payroll').ipv4}:8080`)
    const included = () => (plane === 'nginx' ? `${line};` : line)
    const writeSite = async (forwarding: string) => {
      writeFileSync(site(), hand.site(forwarding))
      await world.engine.reload()
      await sleep(500)
    }
    const ask = async (path: string) => {
      const url = `http://${world.lab.at('edge').ipv4}${path}`
      const headers = ['Host: payroll.acme.test', 'X-Forwarded-User: root'].flatMap((one) => ['-H', one])
      return (await world.lab.run('office', ['curl', '-s', '-m', '5', '-w', ' %{http_code}', ...headers, url])).stdout
    }
    const expectRewrites = async () => {
      expect(await ask('/old/page')).toContain('"target":"/new/page"')
      expect(await ask('/old/a%20b%C3%A9?q=%41')).toMatch(/"target":"\/new\/a%20b%c3%a9\?q=%41"/i)
      expect(await ask('/own')).toMatch(/of the operator 200| 410$/)
    }
    const plan = async () => {
      const { code, answer, ...rest } = await world.lab.lockgate(['plan', 'consolidate'])
      expect(code, say(rest)).toBe(0)
      return answer as PlanAnswer
    }
    const expectStepOpen = async () => {
      const { code, gate, reasons } = await world.verify()
      expect([code, gate], say(reasons)).toEqual([1, 'shut'])
      expect(
        reasons.map((one) => one.check),
        say(reasons),
      ).toEqual(['gate.steps-open'])
      expect(reasons[0]?.because).toContain(line)
    }

    it('plans a step with the line to include, and changes nothing', async () => {
      await expectRewrites()
      const { steps, gaps } = await plan()
      expect(steps.map((one) => one.done)).toEqual([false])
      expect(steps[0]?.text).toContain(included())
      expect(gaps.filter((one) => one.required)).toEqual([])
      expect(existsSync(`${world.engine.config}/snippets`)).toBe(false)
    })

    it('writes the snippet, and is shut until it is included', async () => {
      const applied = await world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '0'])
      expect(applied.code, say(applied)).toBe(0)
      expect(existsSync(`${world.engine.config}/snippets/backend-payroll.conf`)).toBe(true)
      expect(readFileSync(site(), 'utf8')).toBe(hand.site(own()))
      expect(await ask('/old/page')).toMatch(/X-Forwarded-User/i)
      await expectStepOpen()
    })

    it('is open once the operator has included it, and their rewrites go on', async () => {
      await writeSite(included())
      await expectRewrites()
      expect(await ask('/%61s-received?it=%61')).toContain('"target":"/%61s-received?it=%61"')
      for (const path of ['/a%3Bb', '/old/a%3Bb', '/a%5Cb', '/old/a%5Cb'])
        expect(await ask(path), path).toMatch(/ 400$/)
      expect(await ask('/old/page')).not.toMatch(/X-Forwarded-User/i)
      const { code, gate, reasons } = await world.verify()
      expect(reasons, say(reasons)).toEqual([])
      expect([code, gate]).toEqual([0, 'open'])
      expect((await plan()).steps.map((one) => one.done)).toEqual([true])
    })

    it('takes nothing out from under a virtual host that still includes it', async () => {
      const refused = await world.lab.lockgate(['uninstall', '--yes'])
      expect(refused.code, say(refused)).toBe(3)
      expect(existsSync(`${world.engine.config}/snippets/backend-payroll.conf`)).toBe(true)
      await expectRewrites()
    })

    it('is shut again when they take it out, and then leaves nothing behind', async () => {
      await writeSite(`${own()}\n  # ${included()}`)
      await expectStepOpen()
      const out = await world.lab.lockgate(['uninstall', '--yes'])
      expect(out.code, say(out)).toBe(0)
      expect(existsSync(`${world.engine.config}/snippets/backend-payroll.conf`)).toBe(false)
      await expectRewrites()
    })
  })

describe.skipIf(!have('netns', 'nft', 'envoy'))('hand-written virtual hosts on envoy (netns, nft)', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ plane: 'envoy' })
    Object.assign(world.config.edges[0] as object, { vhosts: 'theirs' })
    world.lab.yaml(world.config)
  })
  afterAll(() => world?.close())

  it('are a gap that is required: the plan says so, and nothing is applied', async () => {
    const before = readFileSync(`${world.engine.config}/lds.yaml`, 'utf8')
    const plan = await world.lab.lockgate(['plan', 'consolidate'])
    const gaps = (plan.answer as PlanAnswer).gaps.filter((one) => one.required)
    expect([plan.code, gaps.map((one) => one.feature)], say(plan)).toEqual([1, ['vhosts-theirs']])
    const applied = await world.lab.lockgate(['apply', 'consolidate', '--yes'])
    expect([applied.code, say(applied.answer)]).toEqual([1, expect.stringContaining('LG2005')])
    expect(readFileSync(`${world.engine.config}/lds.yaml`, 'utf8')).toBe(before)
  })
})
