/** Values that nobody can guess, and the hashes under which they are kept. */
import { hash, randomBytes } from 'node:crypto'

/** 256 bits, base64url: 43 characters. */
export const randomKey = (): string => randomBytes(32).toString('base64url')

/** 128 bits, base64url: 22 characters. */
export const randomId = (): string => randomBytes(16).toString('base64url')

/** 128 bits in hexadecimal: for what people type after a command, where a leading hyphen would make an option of it. */
export const randomName = (): string => randomBytes(16).toString('hex')

/** SHA-256, base64url. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url')

/** Under what a cookie's value is kept. The host is part of it: another host's cookie with the same value is unknown. */
export const keyHash = (key: string, host: string | null): string => sha256(`${host ?? ''}\n${key}`)
