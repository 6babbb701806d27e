/** Both printers: what is quoted, and what no quoting can hold. */
import { describe, expect, test } from 'vitest'
import { type Argument, block, type ConfigNode, comment, directive, pattern, template, variable } from './node.ts'
import { printApache } from './print-apache.ts'
import { printNginx } from './print-nginx.ts'

const printers = { nginx: printNginx, apache: printApache } as const

const quoted: readonly (readonly [title: string, arg: Argument, nginx: string, apache: string])[] = [
  ['a plain word', 'payroll.acme.test', 'payroll.acme.test', 'payroll.acme.test'],
  ['nothing', '', '""', '""'],
  ['a blank', 'a b', '"a b"', '"a b"'],
  ['a semicolon', 'a;b', '"a;b"', '"a;b"'],
  ['braces', 'a{b}', '"a{b}"', '"a{b}"'],
  ['a number sign', '#a', '"#a"', '"#a"'],
  ['a double quote', 'a"b', `'a"b'`, `'a"b'`],
  ['a single quote', "a'b", `"a'b"`, `"a'b"`],
  ['both quotes', `a"b'c`, `"a\\"b'c"`, `"a\\"b'c"`],
  ['a backslash', 'a\\b', '"a\\\\b"', '"a\\\\b"'],
  ['a backslash at the end', 'a\\', '"a\\\\"', '"a\\\\"'],
  ['an angle bracket', 'a>b', '"a>b"', '"a>b"'],
  ['other letters', 'äöü台灣', '"äöü台灣"', '"äöü台灣"'],
  ['an expression', pattern('^/a"$'), `'^/a"$'`, `'^/a"$'`],
]

const refusedByBoth: readonly (readonly [title: string, text: string])[] = [
  ['a line feed', 'a\n}\nserver { listen 81; }'],
  ['a carriage return', 'a\rb'],
  ['a NUL', 'a\0b'],
  ['a tab', 'a\tb'],
  ['an escape character', 'a\x1b[2Jb'],
  ['a C1 control', 'a\x85b'],
  ['a line separator', 'a\u2028b'],
  ['a right-to-left override', 'a\u202eb'],
  ['a zero-width joiner', 'a\u200db'],
  ['half a surrogate pair', 'a\ud800b'],
  ['a variable', 'a$host'],
  ['a variable in braces', 'a$' + '{host}'],
]

const print = (engine: keyof typeof printers, arg: Argument): string => printers[engine]([directive('x', arg)])

describe.each(['nginx', 'apache'] as const)('%s', (engine) => {
  test.each(quoted)('quotes %s', (_title, arg, nginx, apache) => {
    expect(print(engine, arg).trim().replace(/;$/, '')).toBe(`x ${engine === 'nginx' ? nginx : apache}`)
  })

  const places: Readonly<Record<string, (text: string) => readonly ConfigNode[]>> = {
    'an argument': (text) => [directive('x', text)],
    'a template': (text) => [directive('x', template('a', text))],
    'a block': (text) => [block('x', [text], [])],
    'a nested directive': (text) => [block('x', [], [directive('y', text)])],
  }
  for (const [place, nodes] of Object.entries(places))
    test.each(refusedByBoth)(`refuses %s in ${place}`, (_title, text) => {
      expect(() => printers[engine](nodes(text))).toThrow(expect.objectContaining({ code: 'LG1003' }))
    })

  test.each(refusedByBoth.slice(0, 10))('refuses %s in a comment and an expression', (_title, text) => {
    expect(() => printers[engine]([comment(text)])).toThrow(expect.objectContaining({ code: 'LG1003' }))
    expect(() => print(engine, pattern(text))).toThrow(expect.objectContaining({ code: 'LG1003' }))
  })

  test.each(['a b', 'a;b', 'host}', '{x', 'x\n', ''])('refuses the variable name %j', (name) => {
    expect(() => print(engine, variable(name))).toThrow(expect.objectContaining({ code: 'LG1003' }))
  })
})

describe('nginx', () => {
  test('keeps a variable apart from the text that follows', () => {
    expect(print('nginx', template('a', variable('host'), 'b'))).toBe('x "a$' + '{host}b";\n')
  })
  test('prints keys of tables as arguments', () => {
    expect(printNginx([directive(pattern('~^a b$'), '1')])).toBe('"~^a b$" 1;\n')
  })
})

describe('apache', () => {
  test.each(['a%{HTTP_HOST}', 'a%1'])('refuses %s, which it would expand', (text) => {
    expect(() => print('apache', text)).toThrow(expect.objectContaining({ code: 'LG1003' }))
  })
  test('refuses a comment that would swallow the next line', () => {
    expect(() => printApache([comment('a\\')])).toThrow(expect.objectContaining({ code: 'LG1003' }))
  })
  test('gives mod_rewrite its expression without doubled backslashes and without quotes', () => {
    expect(printApache([directive('RewriteCond', variable('%{THE_REQUEST}'), pattern('!^\\d"$'))])).toBe(
      'RewriteCond "%{THE_REQUEST}" "!^\\d\\x22$"\n',
    )
    expect(() => printApache([directive('RewriteRule', '^', 'a"b')])).toThrow(
      expect.objectContaining({ code: 'LG1003' }),
    )
  })
  test('refuses a name that is none', () => {
    expect(() => printApache([directive('x y', '1')])).toThrow(expect.objectContaining({ code: 'LG1003' }))
    expect(() => printApache([directive(pattern('x'), '1')])).toThrow(expect.objectContaining({ code: 'LG1003' }))
  })
})
