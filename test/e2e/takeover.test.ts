import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

/** Virtual hosts as an operator wrote them years ago, with rewrites that no lockgate.yaml knows. */
const sites = {
  nginx: {
    main: 'nginx.conf',
    takeIn: (main: string, folder: string, site: string) =>
      main.replace(`include ${folder}/*.conf;`, (line) => `${line}\n  include ${site};`),
    other: 'server { listen 80; listen [::]:80; server_name other.acme.test; return 200 "other"; }\n',
    old: (upstream: string) => `server {
  listen 80;
  listen [::]:80;
  server_name payroll.acme.test;
  rewrite ^/old/(.*)$ /next last;
  location = /gone { return 301 /next?key=secret-7; }
  location / { proxy_pass ${upstream}; proxy_set_header Host $host; }
}
`,
  },
  apache: {
    main: 'apache.conf',
    takeIn: (main: string, folder: string, site: string) =>
      main.replace(`IncludeOptional ${folder}/*.conf`, (line) => `${line}\nInclude ${site}`),
    other: `Listen 80
<VirtualHost *:80>
  ServerName other.acme.test
  RewriteEngine On
  RewriteRule ^ - [R=404,L]
</VirtualHost>
`,
    old: (upstream: string) => `<VirtualHost *:80>
  ServerName payroll.acme.test
  RewriteEngine On
  RewriteRule ^/old/(.*)$ /next [PT]
  RewriteRule ^/gone$ /next?key=secret-7 [R=301,L]
  ProxyPreserveHost On
  ProxyPass / ${upstream}/
</VirtualHost>
`,
  },
} as const

interface Answer {
  readonly applied?: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly because?: string
  readonly steps: readonly { readonly text: string; readonly file: string; readonly done: boolean }[]
  readonly sample?: readonly {
    readonly asked: number
    readonly alike: number
    readonly different: number
    readonly differences: readonly { readonly path: string; readonly what: string; readonly old: string }[]
  }[]
}

const logLine = (target: string, method = 'GET') =>
  `10.0.0.7 - - [24/Nov/2026:08:00:00 +0000] "${method} ${target} HTTP/1.1" 200 17 "-" "curl"\n`

for (const [plane, site] of Object.entries(sites) as ['nginx' | 'apache', (typeof sites)['nginx']][])
  describe.skipIf(!have('netns', 'nft', plane))(`taking a name over from ${plane}'s own site (netns, nft)`, () => {
    let world: World
    beforeAll(async () => {
      world = await createWorld({ plane })
      const main = `${world.engine.home}/${site.main}`
      writeFileSync(main, site.takeIn(readFileSync(main, 'utf8'), world.engine.config, siteFile()))
      await writeSite(site.other + site.old(upstream()))
    })
    afterAll(() => world?.close())

    const siteFile = () => `${world.engine.home}/own.site`
    const upstream = () => `http://${world.lab.at('payroll').ipv4}:8080`
    const writeSite = async (text: string) => {
      writeFileSync(siteFile(), text)
      await world.engine.reload()
      await sleep(500)
    }
    const log = (name: string, text: string) => {
      const file = world.lab.hostFile('edge', name)
      writeFileSync(file, text)
      return file
    }
    const ask = async (path: string, host = 'payroll.acme.test') => {
      const url = `http://${world.lab.at('edge').ipv4}${path}`
      const argv = ['curl', '-s', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Host: ${host}`, url]
      return (await world.lab.run('office', argv)).stdout
    }
    const lockgate = async (...args: readonly string[]) => {
      const { code, answer, stderr } = await world.lab.lockgate([...args])
      return { code, stderr, answer: answer as Answer }
    }
    const apply = (...args: readonly string[]) =>
      lockgate('apply', 'consolidate', '--yes', '--confirm-within', '0', ...args)
    const ours = () => readdirSync(world.engine.config).filter((one) => one.endsWith('.conf'))

    it('plans the removal of the old one, and applies nothing without a sample', async () => {
      const { answer } = await lockgate('plan', 'consolidate')
      expect(answer.steps.map((one) => [one.file, one.done])).toEqual([[siteFile(), false]])
      const refused = await apply()
      expect([refused.code, refused.answer.applied], say(refused)).toEqual([1, false])
      expect(refused.answer.because).toMatch(/payroll\.acme\.test .*own\.site.*--sample ACCESS-LOG/)
      expect(ours()).toEqual([])
    })

    it('shows what it would answer otherwise and leaves everything as it was, to users at every moment', async () => {
      const targets = ['/', '/old/page?token=abc', '/gone', '/next', '/old/page?token=abc', '/healthz']
      const file = log('mixed.log', `${targets.map((one) => logLine(one)).join('')}${logLine('/form', 'POST')}`)
      const seen = new Set<string>()
      let done = false
      const watching = (async () => {
        while (!done) seen.add(await ask('/gone'))
      })()
      const refused = await apply('--sample', file)
      done = true
      await watching
      expect([refused.code, refused.answer.applied], say(refused)).toEqual([1, false])
      const [sample] = refused.answer.sample ?? []
      expect(sample, say(refused)).toMatchObject({ asked: 5, alike: 3, different: 2 })
      const differing = sample?.differences.map((one) => `${one.path} ${one.what}`)
      expect(differing).toEqual(expect.arrayContaining(['/old/page?… body', '/gone status', '/gone location']))
      expect(say(refused)).not.toMatch(/secret-7|token=abc/)
      expect([...seen], 'users were answered by the old one alone').toEqual(['301'])
      expect(ours()).toEqual([])
      expect(existsSync(world.lab.hostFile('payroll', 'lockgate.nft'))).toBe(false)
    })

    it('asks no more than it is told to, the newest first', async () => {
      const file = log('long.log', `${logLine('/gone')}${logLine('/')}${logLine('/next')}`)
      const { code, answer } = await apply('--sample', file, '--sample-size', '2')
      expect([code, answer.applied], say(answer)).toEqual([0, true])
      expect(answer.sample?.[0]).toMatchObject({ asked: 2, alike: 2, different: 0, differences: [] })
      expect(await ask('/gone')).toBe('200')
    })

    it('is shut until a person has removed the old one', async () => {
      const { gate, reasons } = await world.verify()
      expect([gate, reasons.map((one) => one.check)], say(reasons)).toEqual(['shut', ['gate.steps-open']])
      expect(reasons[0]?.because).toContain('own.site')
      await writeSite(site.other)
      const after = await world.verify()
      expect([after.code, after.gate], say(after.reasons)).toEqual([0, 'open'])
    })

    it('takes over all the same where the operator says so, which is recorded', async () => {
      const out = await lockgate('uninstall', '--yes')
      expect(out.code, say(out)).toBe(0)
      await writeSite(site.other + site.old(upstream()))
      expect(await ask('/gone')).toBe('301')
      const file = log('accepted.log', logLine('/gone'))
      const { code, answer } = await apply('--sample', file, '--accept-differences')
      expect([code, answer.applied, answer.sample?.[0]?.different], say(answer)).toEqual([0, true, 1])
      expect(await ask('/gone')).toBe('200')
      const segments = `${world.lab.work}/.lockgate/log/operator/segments`
      const records = readdirSync(segments).map((one) => readFileSync(`${segments}/${one}`, 'utf8'))
      expect(records.join('')).toMatch(/"type":"sample".*"accepted":true/)
    })

    it('says what is wrong with a sample', async () => {
      const missing = await apply('--sample', '/nowhere.log', '--sample-size', '0')
      expect([missing.code, missing.answer.error?.code]).toEqual([2, 'LG1101'])
    })
  })
