import { describe, expect, test } from 'vitest'
import { createLiveSessions, type LiveSessions, type Put } from './live-sessions.ts'

const put = (sid: string, name: string, until = 1_000): Put => ({
  kind: 'put',
  generation: 'sha256:1',
  sid,
  folder: 'payroll',
  name,
  text: `of ${name}`,
  until,
})

/** Everything that is to be done, in order. */
function steps(sessions: LiveSessions): readonly string[] {
  const done: string[] = []
  while (sessions.pending()) {
    const step = sessions.next()
    if ('remove' in step) done.push(...step.remove.map((path) => `- ${path}`))
    else done.push(...step.write.map((one) => `+ ${one.folder}/${one.name}`))
  }
  return done
}

describe('live sessions', () => {
  const stand = () => {
    const clock = { now: 0 }
    return { clock, sessions: createLiveSessions({ remembered: 500, now: () => clock.now }) }
  }

  test('an end removes every file of its session, before anything else is written', () => {
    const { sessions } = stand()
    sessions.put(put('s1', 'a'))
    sessions.put(put('s1', 'b'))
    sessions.put(put('s2', 'c'))
    expect(steps(sessions)).toEqual(['+ payroll/a', '+ payroll/b', '+ payroll/c'])
    sessions.put(put('s3', 'd'))
    sessions.end('s1')
    expect(steps(sessions)).toEqual(['- payroll/a', '- payroll/b', '+ payroll/d'])
    expect(sessions.paths()).toEqual(['payroll/c', 'payroll/d'])
  })

  test('where any may have ended all are taken out, and may come back', () => {
    const { sessions } = stand()
    sessions.put(put('s1', 'a'))
    sessions.put(put('s2', 'b'))
    steps(sessions)
    sessions.put(put('s3', 'c'))
    sessions.endAll()
    expect(steps(sessions)).toEqual(['- payroll/a', '- payroll/b', '- payroll/c'])
    sessions.put(put('s1', 'a'))
    expect(steps(sessions)).toEqual(['+ payroll/a'])
  })

  test('an end takes a file back that waits to be written', () => {
    const { sessions } = stand()
    sessions.put(put('s1', 'a'))
    sessions.end('s1')
    expect(steps(sessions)).toEqual(['- payroll/a'])
  })

  test('whoever saw the session before its end comes too late', () => {
    const { clock, sessions } = stand()
    sessions.end('s1')
    clock.now = 500
    sessions.expire()
    sessions.put(put('s1', 'a'))
    expect(steps(sessions)).toEqual([])
    clock.now = 501
    sessions.expire()
    sessions.put(put('s1', 'a'))
    expect(steps(sessions)).toEqual(['+ payroll/a'])
  })

  test('an end comes after at most eight writes', () => {
    const { sessions } = stand()
    for (let index = 0; index < 20; index += 1) sessions.put(put(`s${index}`, `n${index}`))
    expect(sessions.next()).toMatchObject({ write: { length: 8 } })
    sessions.end('s0')
    expect(sessions.next()).toEqual({ remove: ['payroll/n0'] })
  })

  test('what is over is removed, and not written where it comes too late', () => {
    const { clock, sessions } = stand()
    sessions.put(put('s1', 'a', 100))
    sessions.put(put('s2', 'b', 200))
    steps(sessions)
    clock.now = 100
    sessions.put(put('s3', 'c', 100))
    sessions.expire()
    expect(steps(sessions)).toEqual(['- payroll/a'])
  })

  test('a renewal keeps its file', () => {
    const { clock, sessions } = stand()
    sessions.put(put('s1', 'a', 100))
    sessions.put(put('s1', 'a', 300))
    clock.now = 200
    sessions.expire()
    expect(steps(sessions)).toEqual(['+ payroll/a'])
  })

  test('what could not be removed is tried again, unless it was written anew', () => {
    const { sessions } = stand()
    sessions.stays('payroll/a')
    sessions.stays('payroll/b')
    sessions.put(put('s2', 'b'))
    sessions.expire()
    expect(steps(sessions)).toEqual(['- payroll/a', '+ payroll/b'])
    sessions.expire()
    expect(steps(sessions)).toEqual([])
  })
})
