import { collapsedHeader } from '@lockgate/model'
import { expect, test } from 'vitest'
import { headerSpellings } from './header-spellings.ts'

test.each([
  ['proxy', 1],
  ['x-user', 3],
  ['x-forwarded-for', 9],
])('spells %s in %d ways, all of which collapse to it', (name, count) => {
  const spellings = headerSpellings(name)
  expect(new Set(spellings).size).toBe(count)
  expect(new Set(spellings.map(collapsedHeader))).toEqual(new Set([name]))
})
