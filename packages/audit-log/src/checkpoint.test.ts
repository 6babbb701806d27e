import { describe, expect, it } from 'vitest'
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { createSigningKey } from './signing-key.ts'
import { parseVkey } from './vkey.ts'

// Published verifier keys: the Go checksum database, and the example of C2SP signed-note.
const published = [
  'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
  'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
]

const key = createSigningKey('log.example/ops')
const root = new Uint8Array(32).fill(7)
const head = { origin: 'log.example/ops', size: 42, root }
const text = await formatCheckpoint(head, key)

describe('verifier keys', () => {
  it.each(published)('%s', (vkey) => {
    const { name, id } = parseVkey(vkey)
    expect(vkey.startsWith(`${name}+${id}+`)).toBe(true)
  })
  it.each([
    ['another id', 'sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['another name', 'sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['a key that is cut off', 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh'],
    ['nothing', ''],
  ])('%s is refused', (_title, vkey) => expect(() => parseVkey(vkey)).toThrow(/Not a log key/))
  it('a name with blanks is refused', () => expect(() => createSigningKey('a b')).toThrow(/no blanks/))
})

describe('checkpoints', () => {
  it('come back as they were', () => {
    expect(parseCheckpoint(text)).toMatchObject({ ...head, root: Buffer.from(root), extensions: [] })
    expect(verifyCheckpoint(text, key.vkey)).toMatchObject({ valid: true })
  })

  it('with a further signature of a witness hold', () => {
    const witnessed = `${text}— witness.example ${Buffer.alloc(76, 1).toString('base64')}\n`
    expect(verifyCheckpoint(witnessed, key.vkey).valid).toBe(true)
  })

  it.each([
    ['another size', (from: string) => from.replace('\n42\n', '\n43\n')],
    ['another origin', (from: string) => from.replace('log.example/ops\n', 'log.example/dev\n')],
    ['another root', (from: string) => from.replace('BwcH', 'BwcI')],
    ['a size with a leading zero', (from: string) => from.replace('\n42\n', '\n042\n')],
    ['no last line feed', (from: string) => from.slice(0, -1)],
    ['a carriage return', (from: string) => from.replace('\n', '\r\n')],
    ['an extension line that was not signed', (from: string) => from.replace('\n\n', '\nmore\n\n')],
    ['no signature', (from: string) => from.slice(0, from.indexOf('\n\n') + 1)],
    ['the signature of another key', (from: string) => from.replace('— log.example/ops', '— log.example/dev')],
    ['nothing', () => ''],
  ])('with %s do not hold', (_title, change) => expect(verifyCheckpoint(change(text), key.vkey).valid).toBe(false))

  it('of another key do not hold', () => {
    const other = createSigningKey('log.example/ops')
    expect(verifyCheckpoint(text, other.vkey)).toMatchObject({ valid: false })
  })

  it('are not written with a signature that is not of the key', async () => {
    const wrong = { ...key, sign: createSigningKey('other').sign }
    await expect(formatCheckpoint(head, wrong)).rejects.toMatchObject({ code: 'LG3103' })
  })
})
