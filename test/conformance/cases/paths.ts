/** The request target: what is ambiguous is refused and never seen by a backend; all else arrives as the same bytes. */
import { type BackendName, type Case, type ExchangeCase, request } from '../case.ts'

/** A status of its own where an engine's core refuses before any configuration is asked. */
const early = [400, 404] as const

/** Refused before any rule is asked. */
const refused: readonly (readonly [string, string, (readonly number[])?])[] = [
  ['a dot segment', '/a/../b'],
  ['a single dot segment', '/a/./b'],
  ['a dot segment at the end', '/a/..'],
  ['a dot segment above the root', '/../etc/passwd'],
  ['an encoded dot segment', '/a/%2e%2e/b'],
  ['an encoded dot segment in upper case', '/a/%2E%2E/b'],
  ['a half-encoded dot segment', '/a/.%2e/b'],
  ['an encoded single dot', '/%2e/b'],
  ['an empty segment', '/a//b'],
  ['an empty first segment', '//a'],
  ['two slashes at the end', '/a//'],
  ['a backslash', '/a\\b'],
  ['an encoded backslash', '/a%5cb'],
  ['an encoded slash', '/a%2fb'],
  ['an encoded slash in upper case', '/a%2Fb'],
  ['a parameter', '/a;jsessionid=1'],
  ['an encoded parameter', '/a%3bb'],
  ['a dot segment behind a parameter', '/a/..;/b'],
  ['an encoded NUL', '/a%00b', early],
  ['an encoded line break', '/a%0d%0ab'],
  ['an encoded DEL', '/a%7fb'],
  ['a broken percent-encoding', '/a%zzb'],
  ['a percent sign at the end', '/a%'],
  ['half a percent-encoding', '/a%2'],
  ['an overlong slash', '/a%c0%afb'],
  ['bytes that are not UTF-8', '/a%ffb'],
  ['an encoded surrogate', '/a%ed%a0%80b'],
  ['CVE-2026-41059: a fragment', '/public#/../admin'],
  ['a fragment behind a query', '/a?b#c'],
  ['a control character', '/a\x01b'],
  ['a tab', '/a\tb'],
  ['a raw byte above 127', '/a\xe9b'],
]

const same: readonly (readonly [string, string])[] = [
  ['the root', '/'],
  ['a slash at the end', '/a/'],
  ['an encoded blank', '/a%20b'],
  ['an encoded letter', '/%61dmin'],
  ['encoded UTF-8 in mixed case', '/%C3%bc/%e2%82%AC'],
  ['an encoded tilde', '/a%7eb'],
  ['all that RFC 3986 lets stand', "/a-._~!$&'()*+,=:@b"],
  ['dots inside a segment', '/a..b/...c/d.'],
  ['a query that would be refused as a path', '/a?x=../..//;b=%2f%5c&y=%zz'],
  ['an empty query', '/a?'],
  ['a question mark in a query', '/a?b?c'],
  ['a long path', `/${'long/'.repeat(400)}end`],
]

const kept: readonly (readonly [string, BackendName, string, string])[] = [
  ['an encoded slash is kept where the backend says so', 'kept', '/a%2Fb', '/a%2Fb'],
  ['a parameter is kept where the backend says so', 'kept', '/a;v=1/b', '/a;v=1/b'],
  ['empty segments are kept where the backend says so', 'kept', '/a//b', '/a//b'],
  ['dot segments are resolved where the backend says so', 'resolved', '/a/../b/./c', '/b/c'],
  ['encoded dot segments are resolved too', 'resolved', '/a/%2e%2e/b', '/b'],
  ['empty segments are merged where the backend says so', 'resolved', '/a//b', '/a/b'],
]

const stillRefused: readonly (readonly [string, BackendName, string, (readonly number[])?])[] = [
  ['an encoded slash does not hide a dot segment', 'kept', '/a/..%2fb'],
  ['a parameter does not hide a dot segment', 'kept', '/a/..;v=1/b'],
  ['an encoded backslash is refused, whatever a backend says', 'kept', '/a%5cb'],
  ['an encoded NUL is refused, whatever a backend says', 'kept', '/a%00b', early],
  ['a path that climbs above the root is not forwarded as it is', 'resolved', '/../../b'],
]

const refusal = (name: string, target: string, more: Partial<ExchangeCase> = {}): ExchangeCase => ({
  name: `refused: ${name}`,
  features: ['path-normalisation'],
  send: request({ target }),
  answer: { status: 400 },
  saw: 'nothing',
  ...more,
})

const forwarded = (name: string, target: string, seen: string, more: Partial<ExchangeCase> = {}): ExchangeCase => ({
  name,
  features: ['same-bytes'],
  send: request({ target }),
  answer: { status: 200 },
  saw: { target: seen },
  ...more,
})

export const pathCases: readonly Case[] = [
  ...refused.map(([name, target, status = 400]) => refusal(name, target, { answer: { status } })),
  ...same.map(([name, target]) => forwarded(`forwarded as the same bytes: ${name}`, target, target)),
  ...kept.map(([name, to, target, seen]) => forwarded(name, target, seen, { to, features: ['path-normalisation'] })),
  ...stillRefused.map(([name, to, target, status = 400]) => refusal(name, target, { to, answer: { status } })),
  refusal('a blank in the target', '/a b', { answer: { status: 'refused' } }),
  refusal('no target at all', '', { answer: { status: 'refused' } }),
  refusal('a target without a slash', 'a/b', { answer: { status: 'refused' } }),
  refusal('the same over https', '/a/../b', {
    to: 'secure',
    listener: 'https',
    features: ['path-normalisation', 'https'],
  }),
]
