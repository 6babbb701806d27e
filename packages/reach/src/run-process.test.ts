import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { runProcess, textOf } from './run-process.ts'

const run = async (argv: readonly string[], options = {}) => textOf(await runProcess(argv, options))

/** One that was killed and that nobody has asked for yet (a zombie) does not live. */
function lives(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('runProcess', () => {
  test.each([
    ['output', ['printf', 'a b'], { code: 0, stdout: 'a b', stderr: '', timedOut: false }],
    ['an exit code', ['sh', '-c', 'echo no >&2; exit 7'], { code: 7, stdout: '', stderr: 'no\n', timedOut: false }],
    ['a missing program', ['lockgate-none'], { code: 127 }],
    ['a program that cannot run', ['/etc/passwd'], { code: 126 }],
    ['no shell in between', ['printf', '%s', '$HOME; id'], { code: 0, stdout: '$HOME; id' }],
  ])('%s', async (_title, argv, expected) => {
    expect(await run(argv)).toMatchObject(expected)
  })

  test('input reaches the program, and one that does not read it is no error', async () => {
    expect((await run(['cat'], { input: 'xyz' })).stdout).toBe('xyz')
    expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 })
  })

  test('a timeout ends the program and what it started', async () => {
    const got = await run(['sh', '-c', 'sleep 60 & echo $!; wait'], { timeoutMs: 300 })
    expect(got).toMatchObject({ code: null, timedOut: true })
    await expect.poll(() => lives(got.stdout.trim())).toBe(false)
  })

  test('an abort ends the program and is told as LG9001', async () => {
    await expect(run(['sleep', '60'], { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'LG9001' })
    await expect(run(['true'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'LG9001' })
  })

  test('a daemon that holds on to the output does not hold the answer up', async () => {
    const started = performance.now()
    const got = await run(['sh', '-c', 'setsid sleep 20 & echo $!'])
    expect(performance.now() - started).toBeLessThan(8_000)
    expect(got.code).toBe(0)
    process.kill(Number(got.stdout.trim()))
  })

  test('output without end is stopped', async () => {
    await expect(run(['cat', '/dev/zero'])).rejects.toMatchObject({
      code: 'LG3003',
      message: expect.stringMatching(/64 MiB/),
    })
    await wait(10)
  })

  test('an empty argv is an error', async () => {
    await expect(run([])).rejects.toMatchObject({ code: 'LG3003' })
  })
})
