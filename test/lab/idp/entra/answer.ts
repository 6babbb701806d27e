/** What a handler gives back, and what it is asked. */

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly form: URLSearchParams
  readonly authorization: string | null
  readonly cookies: ReadonlyMap<string, string>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const jsonAnswer = (body: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
})
export const redirectTo = (location: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 302,
  headers: { location, ...headers },
  body: '',
})
export const pageOf = (title: string, inside: string, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${inside}</html>`,
})
