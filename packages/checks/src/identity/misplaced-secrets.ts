/** True secrets of the operator's own, each in every place but its own. */
import type { Backend, Io } from '@lockgate/model'
import type { HeaderLine } from '../exact-ask.ts'
import { loginCookie, signedIn } from './signed-in.ts'
import { asProgram, type Try } from './tries.ts'

/** Where a token could be put. */
export const places: Readonly<Record<string, (token: string) => readonly HeaderLine[]>> = {
  'as a pass': (token) => [['Cookie', `__Host-lockgate_pass=${token}`]],
  'as a bearer token': (token) => [['Authorization', `Bearer ${token}`]],
  'as an assertion': (token) => [['Lockgate-Assertion', token]],
}

/** None without a session. */
export async function misplacedTries(backend: Backend, target: string, io: Io): Promise<readonly Try[]> {
  const signed = await signedIn(backend, io)
  if (signed.kind === 'not') return []
  const at = signed.browser.cookiesOf(backend.public)
  const secrets: readonly (readonly [string, string | undefined])[] = [
    ['the login cookie', signed.browser.cookiesOf(signed.login.origin).get(loginCookie)],
    ['the session cookie', at.get('__Host-lockgate')],
    ['the pass', at.get('__Host-lockgate_pass')],
  ]
  const own: Readonly<Record<string, string>> = { 'the pass': 'as a pass' }
  const inCookie = (value: string) => ({ 'as a session cookie': [['Cookie', `__Host-lockgate=${value}`]] as const })
  return secrets.flatMap(([name, value]) => {
    if (value === undefined) return []
    const all = Object.entries(places).map(([where, lines]) => [where, lines(value)] as const)
    const session = name === 'the session cookie' ? [] : Object.entries(inCookie(value))
    return [...all, ...session]
      .filter(([where]) => own[name] !== where)
      .map(([where, lines]) => ({ what: `${name} ${where}`, method: 'GET', target, headers: [...asProgram, ...lines] }))
  })
}
