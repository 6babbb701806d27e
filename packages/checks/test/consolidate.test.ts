import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend, Check, Io, Json, Verdict } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkById } from '../src/index.ts'
import { cases, checkOf, statusOf } from './cases.ts'
import { type Company, openCompany, sharing } from './company.ts'
import { canMakeNamespaces, openNetwork } from './namespaces.ts'

const updating = process.env.UPDATE_FACTS === '1'
const fileOf = (name: string) => join(import.meta.dirname, '..', 'testdata', `${name}.json`)

interface Recorded {
  readonly backend: Backend
  readonly facts: Json
  readonly verdict: Verdict
}

function record(name: string, recorded: Recorded, folder: string): void {
  const text = JSON.stringify(recorded, null, 1)
    .replaceAll(folder, '/srv/lab')
    .replaceAll(/lgc[0-9a-f]{6}-/g, 'lab-')
  writeFileSync(fileOf(name), `${text}\n`)
}

describe.skipIf(!canMakeNamespaces())('namespaces: probes look at a real network', () => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(openNetwork())
    await company.runBackend({})
    await company.runEdge({})
    company.shut()
  })
  afterAll(() => company?.close())

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (name, { because, fault }) => {
    const check = checkById(checkOf(name)) as Check
    const { backend: backendChange, io: ioChange, after } = await fault(company)
    try {
      const backend = { ...company.backend, ...backendChange }
      const io: Io = { ...company.io, once: sharing(), liveSince: new Date(), ...ioChange }
      const facts = await check.probe(backend, io)
      const verdict = check.judge(facts, backend)
      expect(verdict).toMatchObject({
        status: statusOf(name),
        ...(because ? { because: expect.stringMatching(because) } : {}),
      })
      if (updating) record(name, { backend, facts, verdict }, company.network.folder)
    } finally {
      await after?.()
    }
  })
})

test.skipIf(updating).each(cases.map((one) => [one.name, one] as const))('recorded facts: %s', (name, { because }) => {
  const { backend, facts, verdict } = JSON.parse(readFileSync(fileOf(name), 'utf8')) as Recorded
  const judged = (checkById(checkOf(name)) as Check).judge(facts, backend)
  expect(judged).toEqual(verdict)
  expect(judged).toMatchObject({
    status: statusOf(name),
    ...(because ? { because: expect.stringMatching(because) } : {}),
  })
})
