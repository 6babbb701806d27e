import { describe, expect, test } from 'vitest'
import { cookieText, readCookies } from './cookies.ts'

describe('our cookies in a request', () => {
  test.each<[string, string[], Record<string, string>, string[]]>([
    ['none', ['Cookie', 'a=1; b=2'], {}, ['Cookie', 'a=1; b=2']],
    ['one among others', ['cookie', 'a=1; __Host-lockgate=k; b=2'], { '__Host-lockgate': 'k' }, ['cookie', 'a=1; b=2']],
    ['alone: no header is left', ['Cookie', '__Host-lockgate=k', 'X', 'y'], { '__Host-lockgate': 'k' }, ['X', 'y']],
    ['twice: neither', ['Cookie', '__Host-lockgate=k; a=1; __Host-lockgate=l'], {}, ['Cookie', 'a=1']],
    ['twice in two headers', ['Cookie', '__Host-lockgate=k', 'Cookie', '__Host-lockgate=k'], {}, []],
    [
      'another case is not ours, and goes',
      ['Cookie', '__host-Lockgate=k; a=1'],
      { '__host-Lockgate': 'k' },
      ['Cookie', 'a=1'],
    ],
    ['without a value', ['Cookie', '__Host-lockgate_x; a=1'], { '__Host-lockgate_x': '' }, ['Cookie', 'a=1']],
    [
      'all our names',
      ['Cookie', '__Host-lockgate_pass=p;__Host-lockgate_hand=h'],
      { '__Host-lockgate_pass': 'p', '__Host-lockgate_hand': 'h' },
      [],
    ],
    [
      'its name in another one’s value goes on',
      ['Cookie', 'a=__Host-lockgate=1'],
      {},
      ['Cookie', 'a=__Host-lockgate=1'],
    ],
  ])('%s', (_title, headers, ours, rest) => {
    const read = readCookies(headers)
    expect(Object.fromEntries(read.ours)).toEqual(ours)
    expect(read.rest).toEqual(rest)
  })

  test('Authorization is told; of two of them neither', () => {
    const headers = ['Authorization', 'Bearer x', 'Accept', '*/*']
    expect(readCookies(headers)).toMatchObject({ authorization: 'Bearer x', rest: headers })
    expect(readCookies([...headers, 'authorization', 'Bearer y'])).toMatchObject({ authorization: '' })
  })

  test('what is set is of this host alone', () =>
    expect(cookieText({ name: '__Host-lockgate', value: 'k', maxAge: 60 })).toBe(
      '__Host-lockgate=k; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60',
    ))
})
