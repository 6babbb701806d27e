/** What people get wrong in lockgate.yaml. */
import { mkdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { type Case, expectRefused, good, refusal, status, workFolder } from './refusal.ts'

const second = good.slice(good.indexOf('  - id: payroll'), good.indexOf('vantages'))
const https = good.replace('http://payroll', 'https://payroll').replace('http://10.0.0.2:80', 'https://10.0.0.2:443')

const files: readonly Case[] = [
  ['no file', null, status, refusal(2, 'LG1007', /lockgate init/)],
  ['an empty one', '', status, refusal(2, 'LG1002', /empty.*lockgate init/, 1)],
  ['a binary one', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), status, refusal(2, 'LG1002', /not text/)],
  ['one that is not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), status, refusal(2, 'LG1002', /UTF-8/)],
  ['a cyclic anchor', `${good}devices: &a { intune: *a }\n`, status, refusal(2, 'LG1002', /\*a .*never ends/, 12)],
  ['half of one', good.slice(0, good.indexOf('10.0.0.2')), status, refusal(2, 'LG1002', /YAML/)],
  [
    'one that breaks off after a key',
    good.slice(0, good.indexOf('http://10.0.1.1')),
    ['verify'],
    refusal(2, 'LG1003', /upstream|expected/),
  ],
  ['an unknown key', good.replace('health:', 'helth:'), status, refusal(2, 'LG1004', /helth.*health/, 9)],
  ['an unknown key at the top', `${good}vantage: []\n`, status, refusal(2, 'LG1004', /vantage.*vantages/, 12)],
  ['an unknown plane', good.replace('plane: nginx', 'plane: ngnix'), status, refusal(2, 'LG1003', /nginx/, 3)],
  [
    'two backends of one name',
    good.replace('vantages', `${second}vantages`),
    ['plan', 'consolidate'],
    refusal(2, 'LG1005', /payroll is the name of backends\[0\]/, 11),
  ],
  [
    'two backends with one public URL',
    good.replace('vantages', `${second.replace('id: payroll', 'id: wages')}vantages`),
    ['plan', 'consolidate'],
    refusal(2, 'LG1005', /belongs to payroll already/, 13),
  ],
  [
    'an upstream that is the edge itself',
    good.replace('http://10.0.1.1:8080', 'http://10.0.0.2:80'),
    ['apply', 'consolidate', '--yes'],
    refusal(2, 'LG1005', /itself listens, a loop/, 8),
  ],
  ['https without a certificate', https, ['plan', 'consolidate'], refusal(2, 'LG1005', /tls\.certificate/, 7)],
]

const signIn = (more: string): string =>
  `${good}identity: { issuer: 'https://idp.acme.test', client: { id: lockgate, secret: { env: S } }, ${more} }\n`

const identity: readonly Case[] = [
  [
    'a secret that is written out',
    `${good}identity: { origin: 'https://login.acme.test', issuer: 'https://idp.acme.test', client: { id: a, secret: hunter2 } }\n`,
    status,
    refusal(2, 'LG1003', /a secret is never written here/),
  ],
  ['a login origin of plain http', signIn("origin: 'http://login.acme.test'"), status, refusal(2, 'LG1005', /https/)],
  [
    'a login origin that no edge listens for',
    signIn("origin: 'https://login.acme.test'"),
    status,
    refusal(2, 'LG1005', /no listen of https on port 443/),
  ],
  [
    'a login edge that is not there',
    signIn("origin: 'https://login.acme.test', edge: back"),
    status,
    refusal(2, 'LG1005', /no edge is called back/),
  ],
  [
    'a store with a password in it',
    `${good}gateway: { store: 'redis://user:word@10.0.0.9:6379' }\n`,
    status,
    refusal(2, 'LG1003', /LOCKGATE_STORE_PASSWORD/),
  ],
  [
    'an unknown key of identity',
    signIn("origni: 'https://login.acme.test'"),
    status,
    refusal(2, 'LG1004', /origni.*origin/),
  ],
]

describe.concurrent('a lockgate.yaml', () => {
  for (const [title, yaml, args, expected] of [...files, ...identity])
    it(title, () => expectRefused(workFolder(yaml), args, expected))

  it('of 50 MB, which is not read', async () => {
    const folder = workFolder('')
    truncateSync(join(folder, 'lockgate.yaml'), 50 * 1024 * 1024)
    await expectRefused(folder, status, refusal(2, 'LG1006', /52428800 bytes/))
  })

  it('that is a folder', async () => {
    const folder = workFolder(null)
    mkdirSync(join(folder, 'lockgate.yaml'))
    await expectRefused(folder, status, refusal(2, 'LG1001', /cannot be read/))
  })
})
