/** What people get wrong on the command line, and what they read there. */
import { describe, expect, it } from 'vitest'
import { run } from '../../lab/index.ts'
import {
  type Case,
  cli,
  expectRefused,
  good,
  here,
  listing,
  lockgate,
  quiet,
  refusal,
  waiver,
  workFolder,
} from './refusal.ts'

const usage: readonly Case[] = [
  ['an unknown command', good, ['verfy'], refusal(2, 'LG1101', /verfy.*verify/)],
  ['an unknown option', good, ['verify', '--sweeep'], refusal(2, 'LG1101', /--sweeep.*--sweep/s)],
  ['an option without its value', good, ['verify', '--backend'], refusal(2, 'LG1101', /--backend/)],
  ['a missing argument', good, ['plan'], refusal(2, 'LG1101', /stage/)],
  ['too many arguments', good, ['status', 'consolidate'], refusal(2, 'LG1101', /too many arguments/)],
  ['an unknown stage', good, ['plan', 'consolidat'], refusal(2, 'LG1101', /consolidat.*consolidate/)],
  ['a stage that is not built', good, ['apply', 'authorize', '--yes'], refusal(2, 'LG1102', /authorize/)],
  ['a command that is not built', good, ['pki', 'init'], refusal(2, 'LG1102', /encrypt/)],
  ['an unknown backend', good, ['verify', '--backend', 'wages'], refusal(2, 'LG1101', /payroll/)],
  ['an unknown vantage', here(), ['verify', '--vantage', 'home'], refusal(2, 'LG1101', /office/)],
  ['apply with nobody to ask', good, ['apply', 'consolidate'], refusal(2, 'LG1103', /--yes/)],
  [
    'no confirmation and nobody to ask',
    good,
    ['apply', 'consolidate', '--confirm-within', '0'],
    refusal(2, 'LG1103', /lock-out.*--yes/),
  ],
  [
    'a duration that is none',
    good,
    ['apply', 'consolidate', '--yes', '--confirm-within', 'soon'],
    refusal(2, 'LG1101', /--confirm-within soon.*5m/),
  ],
  [
    'a duration below zero',
    good,
    ['apply', 'consolidate', '--yes', '--confirm-within=-5m'],
    refusal(2, 'LG1101', /--confirm-within -5m/),
  ],
  ['a wave that is not there', good, ['apply', 'consolidate', '--yes', '--wave', 'x'], refusal(2, 'LG1101', /default/)],
  ['a rollback of nothing', good, ['rollback'], refusal(1, 'LG2009', /nothing was applied/)],
  ['a folder that is no log', good, ['evidence', 'verify', '.'], refusal(3, 'LG3103', /holds no log/)],
  ['a folder that is not there', good, ['evidence', 'verify', 'nowhere'], refusal(3, 'LG3103', /holds no log/)],
  ['an unknown verb', good, ['evidence', 'check'], refusal(2, 'LG1101', /verify, export, show/)],
  ['a format to come', good, ['report', '--format', 'oscal'], refusal(2, 'LG1102', /html, md, json/)],
  ['an unknown format', good, ['report', '--format', 'pdf'], refusal(2, 'LG1101', /html, md, json/)],
  ['init over a file', good, ['init'], refusal(2, 'LG1008', /is there already/)],
  ['a waiver too long', good, waiver('2099-01-01'), refusal(2, 'LG2010', /180 days/)],
  ['a waiver without a date', good, waiver('whenever'), refusal(2, 'LG2010', /no date/)],
  ['a source that is not there', good, ['scan', '--from', 'what:ever'], refusal(2, 'LG1101', /nginx/)],
]

describe.concurrent('a command line', () => {
  for (const [title, yaml, args, expected] of usage) it(title, () => expectRefused(workFolder(yaml), args, expected))

  it('confirm where nothing waits is no error, and leaves nothing', async () => {
    const folder = workFolder(good)
    const before = listing(folder)
    const ran = await cli(folder, ['confirm', '--json'])
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([0, { confirmed: false, restored: [] }])
    expect(listing(folder)).toEqual(before)
  })
})

describe.concurrent('what a person reads', () => {
  for (const [args, expected] of [
    [['--help'], [/^Usage: lockgate /, /\bverify \[options\] \[stage\]/, /Zero Trust/]],
    [
      ['verify', '--help'],
      [/^Usage: lockgate verify /, /--sweep +all 65,535 ports/],
    ],
    [
      ['waive', '--help'],
      [/--until <date> +\S/, /--owner <who> +\S/],
    ],
    [['--version'], [/^\d+\.\d+\.\d+\n$/]],
  ] as const)
    it(`lockgate ${args.join(' ')}`, async () => {
      const ran = await cli(workFolder(null), args)
      expect([ran.code, ran.stderr]).toEqual([0, ''])
      for (const text of expected) expect(ran.stdout).toMatch(text)
      expect(Math.max(...ran.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    })

  it('lockgate alone says where you are and what is next, and changes nothing', async () => {
    for (const [yaml, expected] of [
      [null, /no lockgate\.yaml.*\n(.*\n)*next: lockgate init/],
      [good, /consolidate +shut\n(.*\n)*next: lockgate verify consolidate/],
    ] as const) {
      const folder = workFolder(yaml)
      const before = listing(folder)
      const ran = await cli(folder, [])
      expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, expect.stringMatching(expected), ''])
      const json = await cli(folder, ['--json'])
      expect([json.code, typeof JSON.parse(json.stdout)]).toEqual([0, 'object'])
      expect(listing(folder)).toEqual(before)
    }
  })

  it('no stack where the reader goes away', async () => {
    const folder = workFolder(good)
    const commands = ['status', 'status --json', 'plan consolidate --json', 'explain', '--help']
    const all = commands.map((command) =>
      run(['bash', '-c', `${lockgate} ${command} | head -c 1`], { ...quiet, cwd: folder }),
    )
    for (const [index, ran] of (await Promise.all(all)).entries())
      expect([commands[index], ran.stdout.length, ran.stderr]).toEqual([commands[index], 1, ''])
  })
})
