/** What an administrator of the tenant does. */
import type { Order } from '@lockgate/demo/idp'
import { createKey, type Setting, type State } from './state.ts'
import { apiToken } from './tokens.ts'

type Table = {
  readonly [Name in Order['do']]: (setting: Setting, state: State, order: Extract<Order, { do: Name }>) => unknown
}

function change(
  state: State,
  login: string,
  to: (one: State['people'][string]) => Partial<State['people'][string]>,
): void {
  const one = state.people[login]
  if (!one) throw new Error(`nobody is called ${login}`)
  state.people[login] = { ...one, ...to(one) }
}

const without = <T>(all: Record<string, T>, login: string, loginOf: (one: T) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([, one]) => loginOf(one) !== login))

const table: Table = {
  register: (_, state, { origin }) => {
    state.origin = origin
  },
  disable: (_, state, { login }) => change(state, login, () => ({ disabled: true })),
  enable: (_, state, { login }) => change(state, login, () => ({ disabled: false })),
  'add-to-group': (_, state, { login, group }) =>
    change(state, login, ({ groups }) => ({ groups: [...new Set([...groups, group])] })),
  'remove-from-group': (_, state, { login, group }) =>
    change(state, login, ({ groups }) => ({ groups: groups.filter((one) => one !== group) })),
  // `revokeSignInSessions`: nobody is told, because Entra ID has no back-channel logout.
  'end-sessions': (_, state, { login }) => {
    state.sessions = without(state.sessions, login, (one) => one.login)
    state.refreshTokens = without(state.refreshTokens, login, (one) => one.signIn.login)
  },
  'access-token': (setting, state, { login, audience }) => apiToken(setting, state, login, audience),
  'rotate-keys': (setting, state) => {
    state.keys = [createKey(setting.folder), ...state.keys].slice(0, 2)
  },
}

export const orders = (setting: Setting, state: State, order: Order): unknown =>
  (table[order.do] as (setting: Setting, state: State, order: Order) => unknown)(setting, state, order)
