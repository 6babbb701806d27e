import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandLine, shellQuote } from './shell-quote.ts'

/** Words that tempt a shell, besides whatever fast-check thinks of. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', '*', '~', ' ', '-', '{', 'a', ';', '&', '\r'),
    maxLength: 20,
  }),
)

function throughShell(shell: string, words: readonly string[]): readonly string[] {
  const line = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`
  return execFileSync(shell, ['-c', line]).toString('utf8').split('\0').slice(0, -1)
}

describe('shellQuote', () => {
  test.each(['sh', 'bash'])('%s gives back every word as it was', (shell) => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
        expect(throughShell(shell, words)).toEqual(words)
      }),
      { numRuns: 60 },
    )
  })

  test('a NUL is refused, because no program could be given it', () => {
    expect(() => shellQuote('a\0b')).toThrow(/NUL/)
  })
})

describe('commandLine', () => {
  test('it runs the program with its arguments and nothing else', () => {
    const line = commandLine(['printf', '%s', "it's; rm -rf $HOME"], { sudo: false })
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe("it's; rm -rf $HOME")
  })

  test.each([[[]], [['']], [['A=1', 'id']], [['-i']]])('%j is refused', (argv) => {
    expect(() => commandLine(argv, { sudo: false })).toThrow(/cannot be run|no program/)
  })

  test('sudo gets a fixed argv after --', () => {
    expect(commandLine(['nft', '-f', '/x'], { sudo: true, noInput: true })).toMatch(
      / sudo -n -- 'nft' '-f' '\/x' <\/dev\/null$/,
    )
  })
})
