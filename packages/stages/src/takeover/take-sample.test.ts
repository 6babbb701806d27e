import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { takeSample } from './take-sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockgate-sample-'))
afterAll(() => rmSync(folder, { recursive: true }))

const common = (request: string) => `10.0.0.7 - - [24/Nov/2026:08:00:00 +0000] "${request}" 200 17`
const json = (host: string, target: string, method = 'GET') =>
  JSON.stringify({ time: '2026-11-24T08:00:00Z', remote_addr: '10.0.0.7', method, host, path: target, status: 200 })

async function sampleOf(lines: readonly string[], hosts = ['a.test'], most = 10) {
  const file = join(folder, 'access.log')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return Object.fromEntries(await takeSample(file, hosts, most))
}

test('takes distinct GETs with their queries, and leaves what is not safe or cannot be repeated', async () => {
  const requests = [
    'GET /a?b=1',
    'POST /form',
    'HEAD /',
    'GET /a?b=1',
    'GET /\\x22',
    'GET http://a.test/c',
    'OPTIONS *',
  ]
  const sample = await sampleOf(requests.map((one) => common(`${one} HTTP/1.1`)))
  expect(sample).toEqual({ 'a.test': ['/a?b=1', '/c'] })
})

test('keeps the newest', async () => {
  const sample = await sampleOf(
    ['/1', '/2', '/3', '/1'].map((one) => common(`GET ${one} HTTP/1.1`)),
    ['a.test'],
    2,
  )
  expect(sample).toEqual({ 'a.test': ['/3', '/1'] })
})

test('keeps hosts apart where the log names them', async () => {
  const lines = [json('a.test', '/a'), json('B.test:80', '/b'), json('c.test', '/c'), common('GET /any HTTP/1.1')]
  expect(await sampleOf(lines, ['a.test', 'b.test'])).toEqual({ 'a.test': ['/a', '/any'], 'b.test': ['/b', '/any'] })
})

test('refuses what is no access log', async () => {
  await expect(sampleOf(['hello'])).rejects.toMatchObject({ code: 'LG1201' })
  await expect(takeSample(join(folder, 'nowhere'), ['a.test'], 1)).rejects.toMatchObject({ code: 'LG1201' })
})
