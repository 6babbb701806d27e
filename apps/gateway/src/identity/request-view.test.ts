import { describe, expect, test } from 'vitest'
import { chooseLanguage, deviceName, isNavigation, isSameOrigin, isSentForm } from './request-view.ts'

describe('a navigation', () => {
  test.each<[string, boolean, string, readonly string[]]>([
    ['a browser that navigates', true, 'GET', ['Sec-Fetch-Mode', 'navigate']],
    ['a script of a page', false, 'GET', ['Sec-Fetch-Mode', 'cors', 'Accept', 'text/html']],
    ['an old browser', true, 'GET', ['Accept', 'text/html,*/*;q=0.8']],
    ['a form', false, 'POST', ['Sec-Fetch-Mode', 'navigate', 'Accept', 'text/html']],
    ['curl', false, 'GET', ['Accept', '*/*']],
    ['XMLHttpRequest', false, 'GET', ['Accept', 'text/html', 'X-Requested-With', 'XMLHttpRequest']],
  ])('%s: %s', (_title, expected, method, headers) => expect(isNavigation(method, headers)).toBe(expected))
})

test.each<[string, boolean, string, readonly string[]]>([
  ['a person', true, 'POST', ['Sec-Fetch-Mode', 'navigate', 'Accept', 'text/html,*/*']],
  ['a script', false, 'POST', ['Sec-Fetch-Mode', 'cors', 'Accept', 'text/html']],
  ['a program', false, 'POST', ['Accept', 'text/html']],
  ['a link', false, 'GET', ['Sec-Fetch-Mode', 'navigate', 'Accept', 'text/html']],
])('a form sent by %s: %s', (_title, expected, method, headers) => expect(isSentForm(method, headers)).toBe(expected))

test.each([
  [null, 'en'],
  ['zh-TW,zh;q=0.9,en;q=0.8', 'zh-TW'],
  ['de, zh-Hant;q=0.5, en;q=0.1', 'zh-TW'],
  ['en-GB, zh;q=0.9', 'en'],
  ['zh;q=0, fr', 'en'],
] as const)('%s is answered in %s', (accept, expected) => expect(chooseLanguage(accept, 'en')).toBe(expected))

test.each<[string, boolean, readonly string[]]>([
  ['our own form', true, ['Origin', 'https://login.test']],
  ['another site', false, ['Origin', 'https://evil.test']],
  ['a suffix of our name', false, ['Origin', 'https://login.test.evil.test']],
  ['no Origin, fetched from our page', true, ['Sec-Fetch-Site', 'same-origin']],
  ['a sibling site', false, ['Origin', 'null', 'Sec-Fetch-Site', 'same-site']],
  ['nothing is told', false, []],
])('%s: %s', (_title, expected, headers) => expect(isSameOrigin(headers, 'https://login.test')).toBe(expected))

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140', 'Chrome, Windows'],
  ['weird', null],
])('%s', (agent, expected) => expect(deviceName(agent)).toBe(expected))
