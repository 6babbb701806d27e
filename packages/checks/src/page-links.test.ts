import { expect, test } from 'vitest'
import { pageLinks } from './page-links.ts'

test.each([
  [
    'configuration before scripts before pages',
    '<a href="/help"><script src="app.js"></script><link href="/env.json">',
    ['/env.json', '/app.js', '/help'],
  ],
  ['relative to the page', '<a href="next">', ['/next']],
  ['names in scripts', 'fetch("/settings/app.json")', ['/settings/app.json']],
  [
    'of the same origin only',
    '<a href="https://payroll.test/a"><a href="https://other.test/b"><a href="//cdn.test/c.js">',
    ['/a'],
  ],
  [
    'nothing that changes something',
    '<a href="/logout"><a href="/users/7/delete"><a href="/sign-out"><a href="/a?do=1">',
    [],
  ],
  ['no pictures, fonts and styles', '<img src="/a.png"><link href="/b.css"><a href="/c.woff2">', []],
  ['no other schemes', '<a href="javascript:void(0)"><a href="mailto:a@b.test">', []],
  ['nothing in a page made to take forever', 'data-'.repeat(400_000), []],
] as const)('%s', (_title, text, expected) => expect(pageLinks(text, 'https://payroll.test/')).toEqual(expected))
