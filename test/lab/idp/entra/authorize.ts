/** The authorization endpoint: name and password, then a code where a policy or an authentication context wants it. */
import { randomBytes, randomUUID } from 'node:crypto'
import { lockgateUrls, totpHolds } from '@lockgate/demo/idp'
import { type Answer, type Asked, pageOf, redirectTo } from './answer.ts'
import { faults } from './fault.ts'
import type { Setting, SignIn, State } from './state.ts'

const cookieName = 'ESTSAUTHPERSISTENT'
/** Each is met by a second factor; others do not exist in this tenant. */
const contexts = ['c1', 'c2']

/** Who gave their password and still owes a code, by the value that the form carries. */
export type Waiting = Map<string, string>

interface Claims {
  readonly id_token?: { readonly acrs?: Wish }
  readonly access_token?: { readonly xms_cc?: Wish }
}
interface Wish {
  readonly value?: string
  readonly values?: readonly string[]
}
const wished = (wish: Wish | undefined): readonly string[] => [
  ...(wish?.values ?? []),
  ...(wish?.value ? [wish.value] : []),
]

const fail = (fault: keyof typeof faults): Answer =>
  pageOf(
    'Sorry, but we are having trouble signing you in.',
    `<p>AADSTS${faults[fault][1]}: ${faults[fault][2]}</p>`,
    400,
  )
const passwordForm = (because = ''): Answer =>
  pageOf(
    'Sign in',
    `<p role="alert">${because}</p><form method="post"><label>Account <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form>`,
  )
const otpForm = (ticket: string, because = ''): Answer =>
  pageOf(
    'Enter code',
    `<p role="alert">${because}</p><form method="post"><input type="hidden" name="ticket" value="${ticket}">
<label>Code <input name="otp" inputmode="numeric"></label><button>Verify</button></form>`,
  )

interface Desk {
  readonly setting: Setting
  readonly state: State
  readonly waiting: Waiting
}

function finish({ state }: Desk, { url }: Asked, signIn: SignIn, acrs: readonly string[], cookie: string): Answer {
  const query = url.searchParams
  const claims = JSON.parse(query.get('claims') ?? '{}') as Claims
  const code = randomBytes(40).toString('base64url')
  state.sessions[cookie] = signIn
  state.codes[code] = {
    signIn,
    scope: query.get('scope') ?? '',
    nonce: query.get('nonce'),
    acrs,
    xmsCc: wished(claims.access_token?.xms_cc),
    redirectUri: query.get('redirect_uri') ?? '',
    challenge: query.get('code_challenge') ?? '',
  }
  const back = new URL(query.get('redirect_uri') ?? '')
  back.searchParams.set('code', code)
  if (query.has('state')) back.searchParams.set('state', query.get('state') as string)
  back.searchParams.set('session_state', signIn.sid)
  return redirectTo(back.href, { 'set-cookie': `${cookieName}=${cookie}; Path=/; Secure; HttpOnly; SameSite=None` })
}

const now = (): number => Math.floor(Date.now() / 1_000)

export function authorize(desk: Desk, asked: Asked): Answer {
  const { setting, state, waiting } = desk
  const { url, form, method, cookies } = asked
  const query = url.searchParams
  if (query.get('client_id') !== setting.client.id) return fail('unknownClient')
  if (!state.origin || query.get('redirect_uri') !== lockgateUrls(state.origin).redirect) return fail('redirectUri')
  const claims = JSON.parse(query.get('claims') ?? '{}') as Claims
  const acrs = wished(claims.id_token?.acrs).filter((one) => contexts.includes(one))
  const needsCode = setting.otp === 'always' || acrs.length > 0

  const cookie = cookies.get(cookieName) ?? ''
  const session = state.sessions[cookie]
  const tooOld = query.has('max_age') && session && now() - session.authTime > Number(query.get('max_age'))
  const known = session && !state.people[session.login]?.disabled && query.get('prompt') !== 'login' && !tooOld
  if (method === 'GET' && known && (session.secondFactor || !needsCode))
    return finish(desk, asked, session, acrs, cookie)
  if (method === 'GET' && known && state.people[session.login]?.otp) return askCode(waiting, session.login)
  if (method === 'GET') return passwordForm()

  const sign = (login: string, secondFactor: boolean): Answer => {
    const sid = session?.login === login ? session.sid : randomUUID()
    const signIn = { login, sid, authTime: now(), secondFactor }
    return finish(desk, asked, signIn, secondFactor ? acrs : [], cookie || randomBytes(32).toString('base64url'))
  }
  const ticket = form.get('ticket')
  const login = ticket === null ? (form.get('username') ?? '') : waiting.get(ticket)
  const person = login === undefined ? undefined : state.people[login]
  if (ticket !== null && person?.otp && login !== undefined) {
    if (!totpHolds(person.otp, form.get('otp') ?? '', Date.now()))
      return otpForm(ticket, 'You did not enter the expected code.')
    waiting.delete(ticket)
    return sign(login, true)
  }
  if (!person || person.disabled || person.password !== form.get('password') || login === undefined)
    return passwordForm('Your account or password is incorrect, or wrong.')
  return person.otp !== null && needsCode ? askCode(waiting, login) : sign(login, false)
}

function askCode(waiting: Waiting, login: string): Answer {
  const ticket = randomBytes(16).toString('base64url')
  waiting.set(ticket, login)
  return otpForm(ticket)
}

/** Ends the browser's session; refresh tokens of confidential clients stay (as documented). */
export function logout(state: State, { url, cookies }: Asked): Answer {
  delete state.sessions[cookies.get(cookieName) ?? '']
  const back = url.searchParams.get('post_logout_redirect_uri')
  const known = state.origin !== null && back === lockgateUrls(state.origin).postLogout
  return known ? redirectTo(back) : pageOf('You signed out of your account', '')
}
