/** Which pages of the same origin an answer points at, and are safe to ask for. Pure. */

/** Asking for these changes something: what a link does is not said by its method alone. */
const unsafe =
  /log-?_?(?:out|off)|sign-?_?(?:out|off)|delete|remove|destroy|unsubscribe|confirm|approve|cancel|revoke|reset/i
const media = /\.(?:png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp[34]|webm|pdf|zip|gz|map|css)$/i

/** Configuration before scripts before pages: that is where a single-page application names its backend. */
const rank = (path: string) => (/\.json$|conf|env|setting/i.test(path) ? 0 : /\.m?js$/i.test(path) ? 1 : 2)

/** Absolute paths without query, the most telling first. */
export function pageLinks(text: string, base: string): readonly string[] {
  const origin = new URL(base).origin
  const inMarkup = text.matchAll(/(?:href|src|content|data-[\w-]{1,40})\s{0,8}=\s{0,8}["']?([^"'\s>]{1,2000})/gi)
  const inScripts = text.matchAll(/["'`]([\w./-]{1,200}\.(?:json|m?js))["'`]/g)
  const paths = [...inMarkup, ...inScripts].flatMap((one) => {
    const url = URL.parse(one[1] as string, base)
    if (!url || url.origin !== origin || url.search !== '') return []
    return unsafe.test(url.pathname) || media.test(url.pathname) ? [] : [url.pathname]
  })
  return [...new Set(paths)].sort((a, b) => rank(a) - rank(b))
}
