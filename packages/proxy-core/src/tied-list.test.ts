import { expect, test } from 'vitest'
import { createTiedList } from './tied-list.ts'

test('holds what was added and not removed, in whatever order that happened', () => {
  const list = createTiedList<{ readonly name: string; tiedAt: number }>()
  const names = () =>
    list
      .all()
      .map(({ name }) => name)
      .toSorted()
      .join('')
  const [a, b, c, never] = ['a', 'b', 'c', 'never'].map((name) => ({ name, tiedAt: -1 })) as [
    { name: string; tiedAt: number },
    { name: string; tiedAt: number },
    { name: string; tiedAt: number },
    { name: string; tiedAt: number },
  ]
  for (const one of [a, b, c]) list.add(one)
  list.remove(never)
  expect(names()).toBe('abc')
  list.remove(a)
  list.remove(a)
  expect(names()).toBe('bc')
  list.add(a)
  list.remove(c)
  list.remove(a)
  expect(names()).toBe('b')
  list.remove(b)
  expect(list.all()).toEqual([])
})
