import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, have, must, nodePath, startChild } from '../../../test/lab/index.ts'
import { rawRequest } from '../../../test/lab/raw-request.ts'
import { ana, type KeyServer, origin, startKeyServer } from './key-server.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = fileURLToPath(new URL('./programs/frameworks.js', import.meta.url))
mkdirSync(join(root, '.lab'), { recursive: true })
const folder = mkdtempSync(join(root, '.lab/assertion-'))

const nodes = [
  ['20', () => nodePath('20'), ['node20']],
  ['22', () => nodePath('22'), ['node22']],
  ['24', () => process.execPath, []],
] as const
const frameworks = ['node', 'express', 'fastify', 'koa', 'hono', 'nestjs', 'hapi', 'next'] as const

let keys: KeyServer
beforeAll(async () => {
  keys = await startKeyServer()
  const build = join(root, 'packages/assertion/tsconfig.build.json')
  await must([join(root, 'node_modules/.bin/tsc'), '-p', build, '--outDir', join(folder, 'dist')])
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(async () => {
  await keys.close()
  rmSync(folder, { recursive: true, force: true })
})

for (const [major, path, needs] of nodes)
  describe.skipIf(!have(...needs))(`backends on Node ${major}${needs.map((one) => ` (${one})`).join('')}`, () => {
    let child: Child
    let ports: Readonly<Record<string, number>>
    const ask = (framework: string, lines: readonly string[], target = '/') =>
      rawRequest({ port: ports[framework] as number, target, lines })
    const signed = async (to = origin) => `Lockgate-Assertion: ${await keys.issuer.issue(to, ana)}`

    beforeAll(async () => {
      const argv = [path(), program, join(folder, 'dist'), keys.url]
      child = await startChild(argv, { file: join(folder, `node-${major}`), env: { LOCKGATE_ORIGIN: origin } })
      await child.until((stdout) => stdout.includes('}}'), 30_000)
      const said = JSON.parse(child.stdout()) as { readonly node: string; readonly ports: typeof ports }
      expect(said.node.startsWith(`v${major}.`)).toBe(true)
      ports = said.ports
    })
    afterAll(() => child?.stop())

    it('is taken in by a CommonJS program too', async () => {
      const code = `console.log(typeof require(${JSON.stringify(join(folder, 'dist/express.js'))}).lockgate)`
      const file = join(folder, `required-${major}.cjs`)
      writeFileSync(file, code)
      expect((await must([path(), file])).trim()).toBe('function')
    })

    it.each(frameworks)('%s: knows who sends a request', async (framework) => {
      const answer = await ask(framework, [await signed()])
      expect(answer.status, answer.body).toBe(200)
      expect(JSON.parse(answer.body)).toEqual({ sub: '7f3c', groups: ['hr-staff', 'staff/payroll'] })
    })

    it.each(frameworks)('%s: answers 401 to everyone else', async (framework) => {
      const cases: readonly (readonly string[])[] = [
        [],
        ['Lockgate-Assertion:'],
        ['Lockgate-Assertion: ana'],
        [await signed('https://orders.acme.test')],
        [await signed(), await signed()],
        [`${await signed()}, x`],
        ['Lockgate-User: ana', 'X-Forwarded-User: ana'],
      ]
      for (const lines of cases) {
        const answer = await ask(framework, lines)
        expect(answer.status, `${lines.join(' | ')}\n${answer.body}`).toBe(401)
        expect(answer.body).not.toContain('7f3c')
      }
    })

    it.each(['express', 'hono', 'hapi', 'next'])(
      '%s: optional lets nobody in, and a bad assertion out',
      async (framework) => {
        const nobody = await ask(framework, [], '/optional')
        expect([nobody.status, JSON.parse(nobody.body)]).toEqual([200, { sub: null, groups: [] }])
        expect((await ask(framework, ['Lockgate-Assertion: x'], '/optional')).status).toBe(401)
      },
    )
  })
