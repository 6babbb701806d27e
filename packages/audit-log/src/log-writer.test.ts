import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSigningKey, openLog, readRecords, verifyLog } from './index.ts'
import { thisProcess } from './process-identity.ts'

const key = createSigningKey('ops.example')
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockgate-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, at) => ({ n: from + at }))
const open = (segmentRecords = 4) => openLog({ folder, key, segmentRecords })

async function readAll(from = 0): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for await (const one of readRecords(folder, { from })) all.push([one.index, one.record])
  return all
}

const expected = (size: number, from = 0) => numbers(size - from, from).map((record) => [record.n, record])

describe('appending', () => {
  it('seals each batch, over segment borders, and goes on after reopening', async () => {
    for (const [from, count] of [
      [0, 3],
      [3, 1],
      [4, 9],
      [13, 1],
    ] as const) {
      const log = await open()
      expect(log.size).toBe(from)
      expect(await log.append(numbers(count, from))).toEqual({ first: from, size: from + count })
      expect(log.recovered).toBeNull()
      await log.close()
    }
    expect(await readAll()).toEqual(expected(14))
    expect(await readAll(6)).toEqual(expected(14, 6))
    expect(await readdir(join(folder, 'segments'))).toEqual(
      ['0000000000000000', '0000000000000004', '0000000000000008', '0000000000000012'].map((name) => `${name}.jsonl`),
    )
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size: 14, unsealed: 0, problems: [] })
  })

  it('gathers calls that come at once, in their order', async () => {
    const log = await open(64)
    const done = await Promise.all(numbers(300).map((one) => log.append([one])))
    expect(done.map((one) => one.first)).toEqual(numbers(300).map((one) => one.n))
    await log.close()
    expect(await readAll()).toEqual(expected(300))
  })

  it('takes segments of another size at any time', async () => {
    for (const [at, segmentRecords] of [5, 3, 8, 1, 7].entries()) {
      const log = await open(segmentRecords)
      await log.append(numbers(6, at * 6))
      await log.close()
    }
    expect(await readAll()).toEqual(expected(30))
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size: 30 })
  })

  it('finishes what is under way when it closes, and takes nothing after', async () => {
    const log = await open()
    const under = [log.append(numbers(2)), log.append(numbers(2, 2))]
    await log.close()
    await Promise.all(under)
    expect(await readAll()).toEqual(expected(4))
    await expect(log.append([1])).rejects.toMatchObject({ code: 'LG3103' })
  })

  it('keeps text of every kind on one line', async () => {
    const log = await open()
    const records = ['a\nb\r\n\u2028', { 'key\n': '\ud800' }, null, [[]], 'ä漢字🔒', 1.5]
    await log.append(records)
    await log.close()
    expect((await readAll()).map((one) => (one as unknown[])[1])).toEqual(records)
  })

  it('takes no record that is no JSON, or that only the writer may append', async () => {
    const log = await open()
    await expect(log.append([undefined])).rejects.toThrow(TypeError)
    await expect(log.append([{ 'lockgate.dropped': { before: 9 } }])).rejects.toMatchObject({ code: 'LG3103' })
    await expect(log.appendLines(['{"half":'])).rejects.toThrow(SyntaxError)
    await expect(log.appendLines(['[1,\n2]'])).rejects.toMatchObject({ code: 'LG3103' })
    expect(await log.append([])).toEqual({ first: 0, size: 0 })
    await log.close()
  })

  it('tells the signing key’s failure, and goes on when it works again', async () => {
    let broken = false
    const sign = (bytes: Uint8Array) => (broken ? new Uint8Array(64) : key.sign(bytes))
    const log = await openLog({ folder, key: { ...key, sign }, segmentRecords: 4 })
    await log.append(numbers(3))
    broken = true
    await expect(log.append(numbers(3, 3))).rejects.toMatchObject({ code: 'LG3103' })
    broken = false
    await log.append(numbers(3, 3))
    await log.close()
    expect(await readAll()).toEqual(expected(6))
    expect(await verifyLog(folder)).toMatchObject({ holds: true, unsealed: 0 })
  })
})

describe('one writer', () => {
  it('a second one in the same process is told the pid', async () => {
    const log = await open()
    await expect(open()).rejects.toMatchObject({ code: 'LG3102', message: expect.stringContaining(`${process.pid}`) })
    await log.close()
    await (await open()).close()
  })

  it('another process that lives keeps the log; once it is dead, exactly one of many takes it over', async () => {
    const child = spawn('sleep', ['60'])
    try {
      const pid = child.pid as number
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      await writeFile(join(folder, 'lock'), JSON.stringify({ ...thisProcess(), pid, started, token: 'aa' }))
      await expect(open()).rejects.toMatchObject({ code: 'LG3102', message: expect.stringContaining(`${pid}`) })
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
      const tried = await Promise.allSettled(Array.from({ length: 12 }, () => open()))
      const won = tried.filter((one) => one.status === 'fulfilled')
      expect(won).toHaveLength(1)
      expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual(['lock'])
      await won[0]?.value.close()
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.each([
    ['of an earlier boot', { boot: 'another' }, true],
    ['of a pid that was given out again', { started: '1' }, true],
    ['of a container that cannot be seen', { space: 'pid:[1]' }, false],
  ])('a lock %s', async (_title, change, taken) => {
    await writeFile(join(folder, 'lock'), JSON.stringify({ ...thisProcess(), ...change, token: 'aa' }))
    if (taken) await (await open()).close()
    else await expect(open()).rejects.toMatchObject({ code: 'LG3102' })
  })

  it('a takeover that a crash interrupted is taken over too', async () => {
    const dead = { ...thisProcess(), boot: 'another' }
    await writeFile(join(folder, 'lock'), JSON.stringify({ ...dead, token: 'aa' }))
    await writeFile(join(folder, 'lock.aa'), JSON.stringify({ ...dead, token: 'bb' }))
    await (await open()).close()
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual([])
  })

  it('a lock that is none is not removed', async () => {
    await writeFile(join(folder, 'lock'), 'mine')
    await expect(open()).rejects.toMatchObject({ code: 'LG3102' })
  })
})

describe('opening', () => {
  it('refuses another key, and another origin', async () => {
    const log = await open()
    await log.append(numbers(3))
    await log.close()
    const other = createSigningKey('ops.example')
    await expect(openLog({ folder, key: other })).rejects.toMatchObject({ code: 'LG3101' })
    await expect(openLog({ folder, key, origin: 'dev' })).rejects.toMatchObject({ code: 'LG3101' })
    await (await open()).close()
  })

  it('builds the hints anew when they are lost or wrong', async () => {
    const log = await open()
    await log.append(numbers(14))
    await log.close()
    for (const damage of [
      () => rm(join(folder, 'subtrees.jsonl')),
      () => rm(join(folder, 'leaves'), { recursive: true }),
      () => writeFile(join(folder, 'subtrees.jsonl'), '{"first":0,"end":4,"nodes":[[2,"AAAA"]]}\n{"first":'),
      async () => {
        const text = await readFile(join(folder, 'subtrees.jsonl'), 'utf8')
        await writeFile(join(folder, 'subtrees.jsonl'), text.replace(/"[A-Za-z0-9+/]{43}="/, `"${'A'.repeat(43)}="`))
      },
      () => appendFile(join(folder, 'subtrees.jsonl'), '{"first":12,"end":'),
    ]) {
      await damage()
      const again = await open()
      expect(again.size).toBe(14)
      await again.close()
      expect(await verifyLog(folder)).toMatchObject({ holds: true, size: 14 })
    }
  })

  it.each([
    ['the checkpoint removed', () => rm(join(folder, 'checkpoint'))],
    ['a record edited', () => edit('{"n":9}', '{"n":8}')],
    [
      'a record of an earlier segment edited, and its hints removed',
      async () => {
        await edit('{"n":1}', '{"n":2}', '0000000000000000')
        await rm(join(folder, 'subtrees.jsonl'))
      },
    ],
    ['the end cut off', () => edit('{"n":9}\n', '')],
    ['the last segment removed', () => rm(join(folder, 'segments', '0000000000000008.jsonl'))],
  ])('refuses a damaged log: %s', async (_title, damage) => {
    const log = await open()
    await log.append(numbers(10))
    await log.close()
    await damage()
    await expect(open()).rejects.toMatchObject({ code: 'LG3101' })
  })
})

async function edit(from: string, to: string, segment = '0000000000000008'): Promise<void> {
  const file = join(folder, 'segments', `${segment}.jsonl`)
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to))
}
