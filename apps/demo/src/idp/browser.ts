/** A browser without a window: cookies, redirects and forms over real sockets, for tests that need many logins. */
import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { type CookieJar, createCookieJar } from './cookie-jar.ts'
import { type Form, formsOf } from './form.ts'

export interface BrowserOptions {
  /** PEM files of the authorities that it trusts. */
  readonly ca: readonly string[]
  /** Host names to IP addresses, `*` for all the rest; others are asked of DNS. The port stays. */
  readonly hosts?: Readonly<Record<string, string>>
  /** How long an answer may be silent, in milliseconds; 20,000 unless said. */
  readonly patience?: number
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Visit {
  readonly method?: string
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string
  /** Over those that a navigation has; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Another site's origin, whose page began this request: SameSite and Sec-Fetch-Site follow. */
  readonly from?: string
}

export interface Page {
  /** Where it ended up. */
  readonly url: URL
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  readonly forms: readonly Form[]
  /** Every URL on the way, the first one too. */
  readonly trail: readonly string[]
}

export interface Browser {
  readonly jar: CookieJar
  /** One request, no redirect followed. */
  ask(url: string | URL, visit?: Visit): Promise<Page>
  /** Follows redirects, twenty at most: a loop is an error that lists its steps. */
  open(url: string | URL, visit?: Visit): Promise<Page>
  /** Sends a form with these values over its own, and follows redirects. */
  submit(page: Page, values: Readonly<Record<string, string>>, form?: Form): Promise<Page>
}

const navigation = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'accept-language': 'en',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Lab/1.0',
}

export function createBrowser(options: BrowserOptions): Browser {
  const jar = createCookieJar()
  const ca = options.ca.map((file) => readFileSync(file, 'utf8'))
  const { hosts = {} } = options

  const ask = async (target: string | URL, visit: Visit = {}): Promise<Page> => {
    const url = new URL(target)
    const method = visit.method ?? (visit.form || visit.body !== undefined ? 'POST' : 'GET')
    const body = visit.form ? new URLSearchParams(visit.form).toString() : visit.body
    const crossSite = visit.from !== undefined && new URL(visit.from).host !== url.host
    const cookie = jar.header(url, crossSite, method === 'GET')
    const sent = {
      ...navigation,
      'sec-fetch-site': crossSite ? 'cross-site' : 'none',
      ...(method === 'GET' ? {} : { origin: visit.from ?? url.origin }),
      ...(visit.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...options.headers,
      ...(cookie === null ? {} : { cookie }),
      host: url.host,
      ...visit.headers,
    }
    const headers = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null))
    const secure = url.protocol === 'https:'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const address = hosts[host] ?? hosts['*'] ?? host
    const answer = await new Promise<Page>((resolve, reject) => {
      const asked = (secure ? requestHttps : requestHttp)(
        {
          host: address,
          port: url.port || (secure ? 443 : 80),
          path: `${url.pathname}${url.search}`,
          method,
          headers,
          timeout: options.patience ?? 20_000,
          agent: false,
          ...(secure ? { ca, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) } : {}),
        },
        (response) =>
          text(response).then((content) => {
            resolve({
              url,
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: content,
              forms: formsOf(content, url),
              trail: [url.href],
            })
          }, reject),
      )
      asked.on('timeout', () => asked.destroy(new Error(`no answer from ${url.href}`)))
      asked.on('error', reject)
      asked.end(body)
    })
    jar.set(url, (answer.headers['set-cookie'] as readonly string[] | undefined) ?? [])
    return answer
  }

  const open: Browser['open'] = async (target, visit = {}) => {
    let page = await ask(target, visit)
    for (const trail = [...page.trail]; page.status >= 300 && page.status < 400 && page.headers.location; ) {
      if (trail.length > 20) throw new Error(`redirected without end:\n${trail.join('\n')}`)
      const { headers = {} } = visit
      page = await ask(new URL(String(page.headers.location), page.url), { headers })
      trail.push(page.url.href)
      page = { ...page, trail: [...trail] }
    }
    return page
  }

  return {
    jar,
    ask,
    open,
    submit: (page, values, form = page.forms[0]) => {
      if (!form) throw new Error(`no form at ${page.url.href}:\n${page.body.slice(0, 500)}`)
      const fields = { ...form.fields, ...values }
      if (form.method === 'POST') return open(form.action, { form: fields })
      const url = new URL(form.action)
      for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value)
      return open(url)
    },
  }
}
