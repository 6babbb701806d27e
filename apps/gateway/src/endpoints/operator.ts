/** `/.lockgate/operator` and `/.lockgate/device`: the command line asks for a session, and a person confirms it. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Answer } from '@lockgate/proxy-core'
import { setCookies } from '../identity/cookies.ts'
import { type OperatorTarget, openFor, sealFor } from '../identity/sealed.ts'
import type { Site } from '../identity/site.ts'
import { devicePage, onwardPage, operatorPage } from '../pages/pages.ts'
import { type Endpoint, json, only, problem, refuseForged, unavailable, type Visit } from './endpoint.ts'
import { beginLogin, plainCarry } from './login.ts'
import { deviceCodes, deviceLivesMs, giveSpare, pending, pollDevice, redeemCode, sha256 } from './operator-session.ts'
import { signedInHere } from './sessions.ts'

const userCodes = 'gateway-user-code'
/** RFC 8628 §6.1: no vowels, nothing that looks like something else. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
/** Seconds between two questions of a device. */
const interval = 2
/** Who begins has not signed in, so what waits for a person is bounded, over all gateways of a store. */
const mostWaiting = 200

function targetOf({ query }: Visit): OperatorTarget | null {
  const port = Number(only(query, 'port'))
  const challenge = only(query, 'challenge') ?? ''
  const state = only(query, 'state') ?? ''
  const known = Number.isInteger(port) && port > 0 && port < 65_536
  return known && /^[\w-]{43}$/.test(challenge) && state.length <= 200 ? { port, challenge, state } : null
}

function confirmation(site: Site, visit: Visit, target: OperatorTarget, sid: string): Answer {
  const sealed = sealFor(site.seal, 'operator', { target, sid }, site.now())
  return operatorPage(visit.frame, '/.lockgate/operator', { r: sealed })
}

export const askOperator: Endpoint = async (site, visit) => {
  const target = targetOf(visit)
  if (!target) return problem(site, visit, 'badLink', 'an operator address that lacks port, challenge or state')
  const here = await signedInHere(site, visit)
  return 'answer' in here ? here.answer : confirmation(site, visit, target, here.session.sid)
}

/** A login of its own at the IdP, so that neither session's renewal spends the other's refresh token. */
async function confirmed(site: Site, visit: Visit): Promise<Answer> {
  const forged = refuseForged(site, visit)
  if (forged) return forged
  const here = await signedInHere(site, visit)
  if ('answer' in here) return here.answer
  const request = openFor(site.seal, 'operator', only(visit.form, 'r'), site.now())
  if (request?.sid !== here.session.sid)
    return problem(site, visit, 'badLink', 'a confirmation that is too old or another person’s')
  const carry = { ...plainCarry, operator: request.target }
  const begun = await beginLogin(site, visit, `${site.origin}/.lockgate/session`, carry)
  if (begun.kind === 'unavailable') return unavailable(site, visit, begun.because, begun.retryAfter)
  return onwardPage(visit.frame, begun.location, setCookies(begun.cookies))
}

async function spare(site: Site, visit: Visit): Promise<Answer> {
  const forged = refuseForged(site, visit)
  if (forged) return forged
  const here = await signedInHere(site, visit)
  return 'answer' in here ? here.answer : giveSpare(site, here.session)
}

/** The person's confirmation, the command line with its code, or a device that waits. */
export const postOperator: Endpoint = async (site, visit) => {
  if (visit.form.has('r')) return confirmed(site, visit)
  if (visit.form.has('spare')) return spare(site, visit)
  return visit.form.has('device_code') ? pollDevice(site, visit) : redeemCode(site, visit)
}

const newUserCode = (): string => {
  const text = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('')
  return `${text.slice(0, 4)}-${text.slice(4)}`
}

/** As people type it: in any case, with any or no separator. */
const written = (typed: string): string => {
  const text = typed.toUpperCase().replace(/[^A-Z]/g, '')
  return text === '' ? '' : `${text.slice(0, 4)}-${text.slice(4, 8)}`
}

/** RFC 8628 §3.2. */
async function begin(site: Site): Promise<Answer> {
  const busy = () => json(503, { error: 'temporarily_unavailable' }, ['Retry-After', '10'])
  if ((await site.entries.list(userCodes)).length >= mostWaiting) return busy()
  const code = randomBytes(32).toString('base64url')
  const user = newUserCode()
  const until = site.now() + deviceLivesMs
  await site.entries.put(deviceCodes, sha256(code), pending, until)
  const added = await site.entries.add(userCodes, user, sha256(code), until)
  if (!added) return busy()
  return json(200, {
    device_code: code,
    user_code: user,
    verification_uri: `${site.origin}/.lockgate/device`,
    interval,
    expires_in: deviceLivesMs / 1_000,
  })
}

export const askDevice: Endpoint = async (site, visit) => {
  const here = await signedInHere(site, visit)
  return 'answer' in here ? here.answer : devicePage(visit.frame, written(only(visit.query, 'user_code') ?? ''), false)
}

async function entered(site: Site, visit: Visit): Promise<Answer> {
  const forged = refuseForged(site, visit)
  if (forged) return forged
  const here = await signedInHere(site, visit)
  if ('answer' in here) return here.answer
  const code = written(only(visit.form, 'user_code') ?? '')
  const device = await site.entries.take(userCodes, code)
  if (device === null) return devicePage(visit.frame, code, true)
  return confirmation(site, visit, { device }, here.session.sid)
}

/** Without a code it is the command line that asks for one. */
export const postDevice: Endpoint = async (site, visit) =>
  visit.form.has('user_code') ? entered(site, visit) : begin(site)
