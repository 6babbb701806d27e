/** The same names as frameworks collapse them: underscore, dot, case, repetition, white space, and listed in Connection. */
import { type Forgery, forgedCheck } from './forged-headers.ts'

const bases: readonly string[] = [
  'Lockgate-User',
  'Lockgate-Assertion',
  'Lockgate-Groups',
  'X-Forwarded-User',
  'Remote-User',
]

const spellings: Readonly<Record<string, (name: string) => string>> = {
  'with underscores': (name) => name.replaceAll('-', '_'),
  'with one underscore': (name) => name.replace('-', '_'),
  'with dots': (name) => name.replaceAll('-', '.'),
  'in capitals': (name) => name.toUpperCase(),
  'in small letters': (name) => name.toLowerCase(),
  'in mixed case': (name) =>
    [...name].map((one, at) => (at % 2 === 0 ? one.toLowerCase() : one.toUpperCase())).join(''),
}

const spelled = (value: string): readonly Forgery[] =>
  bases.flatMap((name) =>
    Object.entries(spellings).map(([how, spell]) => ({
      what: `${name} ${how}`,
      headers: [[spell(name), value]] as const,
    })),
  )

/** CVE-2024-45410: the name in Connection deletes what the proxy adds; a backend without a header might take the next best. */
const listed = (value: string): readonly Forgery[] =>
  bases.flatMap((name): readonly Forgery[] => [
    {
      what: `${name} listed in Connection`,
      headers: [
        ['Connection', `close, ${name}`],
        [name, value],
      ],
    },
    {
      what: `${name} listed in Connection with underscores`,
      headers: [
        ['Connection', `close, ${name}`],
        [name.replaceAll('-', '_'), value],
      ],
    },
  ])

const repeated = (value: string): readonly Forgery[] =>
  bases.map((name) => ({
    what: `${name} three times in three spellings`,
    headers: [
      [name, value],
      [name.toLowerCase(), value],
      [name.replaceAll('-', '_'), value],
    ],
  }))

export const headerVariants = forgedCheck(
  'header-variants',
  'No other spelling, repetition or listing of an identity header gets through',
  (value) => [...spelled(value), ...listed(value), ...repeated(value)],
)
