/** Groups from Microsoft Graph, for tokens that left them out (more than 200). Needs the delegated permission GroupMember.Read.All. */
import { boundFetch } from './bounded-fetch.ts'
import type { FetchGroups } from './options.ts'

const FIRST = 'https://graph.microsoft.com/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999'
const MAX_PAGES = 20

interface Page {
  readonly value?: readonly { readonly id?: unknown }[]
  readonly '@odata.nextLink'?: string
}

/** The next page bears the access token too: it stays where the first one is. */
function nextOf(page: Page, first: string): string | null {
  const next = page['@odata.nextLink']
  if (next === undefined) return null
  if (new URL(next).origin !== new URL(first).origin)
    throw new Error('Microsoft Graph names a next page at another host')
  return next
}

/** Object ids. `first`: another cloud's Graph, or a laboratory's. */
export const fetchGraphGroups =
  (inner: typeof fetch, first: string = FIRST): FetchGroups =>
  async ({ accessToken }) => {
    const bounded = boundFetch(inner)
    const groups: string[] = []
    let url: string | null = first
    for (let pages = 0; url !== null; pages += 1) {
      if (pages === MAX_PAGES) throw new Error(`Microsoft Graph lists more than ${MAX_PAGES} pages of groups`)
      const answer: Response = await bounded(url, { headers: { authorization: `Bearer ${accessToken}` } })
      if (!answer.ok) throw new Error(`Microsoft Graph answered ${answer.status} to the question for groups`)
      const page = (await answer.json()) as Page
      groups.push(...(page.value ?? []).flatMap(({ id }) => (typeof id === 'string' ? [id] : [])))
      url = nextOf(page, first)
    }
    return groups
  }
