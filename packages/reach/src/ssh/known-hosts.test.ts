import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fingerprint,
  judgeHostKey,
  keyType,
  knownHostName,
  knownKeys,
  parseKnownHosts,
  signatureOrder,
} from './known-hosts.ts'

let folder: string
const keys: Record<string, { text: string; blob: Buffer }> = {}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockgate-known-'))
  for (const type of ['ed25519', 'rsa', 'ecdsa']) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, type)])
    const text = readFileSync(join(folder, `${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
    keys[type] = { text, blob: Buffer.from(text.split(' ')[1] as string, 'base64') }
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const key = (type: string): { text: string; blob: Buffer } => keys[type] as { text: string; blob: Buffer }

function verdict(lines: readonly string[], host: string, port: number, type: string): string {
  const known = knownKeys(parseKnownHosts(lines.join('\n')), knownHostName(host, port))
  return judgeHostKey(known, key(type).blob)
}

describe('known_hosts', () => {
  const cases: readonly (readonly [string, () => readonly string[], string, number, string])[] = [
    ['a plain name', () => [`h ${key('ed25519').text}`], 'h', 22, 'known'],
    ['a name in capitals', () => [`h ${key('ed25519').text}`], 'H', 22, 'known'],
    ['a list of names', () => [`a,h,10.0.0.1 ${key('ed25519').text} comment here`], '10.0.0.1', 22, 'known'],
    ['another port', () => [`h ${key('ed25519').text}`], 'h', 2222, 'unknown'],
    ['its own port', () => [`[h]:2222 ${key('ed25519').text}`], 'h', 2222, 'known'],
    ['an IPv6 address with port', () => [`[fd00::1]:2222 ${key('ed25519').text}`], 'fd00::1', 2222, 'known'],
    ['a wildcard', () => [`*.acme.test ${key('ed25519').text}`], 'h.acme.test', 22, 'known'],
    [
      'a wildcard that excludes it',
      () => [`*.acme.test,!h.acme.test ${key('ed25519').text}`],
      'h.acme.test',
      22,
      'unknown',
    ],
    ['a dot is no wildcard', () => [`10.0.0.1 ${key('ed25519').text}`], '10a0b0c1', 22, 'unknown'],
    ['a name with a key of another type', () => [`h ${key('rsa').text}`], 'h', 22, 'changed'],
    ['two types, one of them right', () => [`h ${key('rsa').text}`, `h ${key('ed25519').text}`], 'h', 22, 'known'],
    ['revoked', () => [`@revoked * ${key('ed25519').text}`, `h ${key('ed25519').text}`], 'h', 22, 'revoked'],
    ['another key revoked', () => [`@revoked h ${key('rsa').text}`], 'h', 22, 'unknown'],
    ['a certificate authority', () => [`@cert-authority * ${key('ed25519').text}`], 'h', 22, 'unknown'],
    ['a marker that nobody knows', () => [`@other h ${key('ed25519').text}`], 'h', 22, 'unknown'],
    ['a comment', () => [`# h ${key('ed25519').text}`], 'h', 22, 'unknown'],
    ['an empty file', () => [], 'h', 22, 'unknown'],
    ['damaged lines', () => ['h', 'h ssh-ed25519', '|1|x h', `h ssh-ed25519 !!`], 'h', 22, 'unknown'],
  ]
  test.each(cases)('%s', (_title, lines, host, port, expected) => {
    expect(verdict(lines(), host, port, 'ed25519')).toBe(expected)
  })

  test('names that ssh-keygen hashed are found, with and without port', () => {
    const file = join(folder, 'hashed')
    writeFileSync(file, `h ${key('ed25519').text}\n[h]:2222 ${key('rsa').text}\n`)
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const lines = readFileSync(file, 'utf8').split('\n')
    expect(lines[0]).toMatch(/^\|1\|/)
    expect(verdict(lines, 'h', 22, 'ed25519')).toBe('known')
    expect(verdict(lines, 'h', 2222, 'rsa')).toBe('known')
    expect(verdict(lines, 'h', 2222, 'ed25519')).toBe('changed')
    expect(verdict(lines, 'other', 22, 'ed25519')).toBe('unknown')
  })

  test.each(['ed25519', 'rsa', 'ecdsa'])('the fingerprint of an %s key is what ssh-keygen prints', (type) => {
    const printed = execFileSync('ssh-keygen', ['-lf', join(folder, `${type}.pub`)], { encoding: 'utf8' })
    expect(printed.split(' ')[1]).toBe(fingerprint(key(type).blob))
    expect(keyType(key(type).blob)).toBe(key(type).text.split(' ')[0])
  })

  test('the types that are known are asked for first, and never SHA-1', () => {
    const order = signatureOrder(knownKeys(parseKnownHosts(`h ${key('rsa').text}`), 'h'))
    expect(order.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
    expect(order).toContain('ssh-ed25519')
    expect(order).not.toContain('ssh-rsa')
  })
})
