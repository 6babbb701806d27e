import type { Edge, Reach, Route, Step } from '@lockgate/model'
import { expect, test } from 'vitest'
import { checkSteps, routesByPlace } from './live.ts'
import type { ReachPool } from './reach-pool.ts'

const snippet = '/srv/gate/snippets/backend-pay.conf'
const step: Step = {
  via: 'local',
  file: '/srv',
  line: null,
  text: 'put this line into the server block',
  expects: `include ${snippet};`,
}
const edge = { id: 'front', via: 'local' } as Edge
const route = (file: string): Route => ({ name: 'pay.test', listen: [], path: '/', upstreams: [], file, line: 1 })

const poolWith = (files: Readonly<Record<string, string>>): ReachPool => {
  const reach = {
    listFolder: async (path: string) =>
      path === '/srv' ? Object.keys(files).map((one) => one.slice('/srv/'.length)) : null,
    readFile: async (path: string) => (files[path] === undefined ? null : Buffer.from(files[path])),
  } as unknown as Reach
  return { get: async () => reach, tryGet: async () => ({ reach }), close: async () => {} }
}

test.each<[string, Readonly<Record<string, string>>, readonly Route[], boolean]>([
  ['the line stands beside the folder', { '/srv/site.conf': `server {\n  include   ${snippet};\n}` }, [], true],
  ['the running engine took the file in, from wherever', {}, [route(snippet)], true],
  ['the line is a comment', { '/srv/site.conf': `# include ${snippet};` }, [], false],
  ['the engine has taken in another file', {}, [route('/srv/gate/snippets/backend-other.conf')], false],
])('%s', async (_title, files, routes, done) => {
  const checked = await checkSteps(
    [step],
    poolWith(files),
    routesByPlace([edge], async () => routes),
  )
  expect(checked.map((one) => one.done)).toEqual([done])
})

test('an engine elsewhere says nothing of the step', async () => {
  const elsewhere = routesByPlace([{ ...edge, via: { netns: 'other' } } as Edge], async () => [route(snippet)])
  expect((await checkSteps([step], poolWith({}), elsewhere))[0]?.done).toBe(false)
})
