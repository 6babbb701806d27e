/** Reads the one form of a page of the gateway: where it leads and what it sends back as it is. */

export interface HtmlForm {
  readonly action: string
  readonly fields: ReadonlyMap<string, string>
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" }

const unescaped = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name: string) => entities[name] ?? '')

function attribute(tag: string, name: string): string | null {
  const found = new RegExp(`\\s${name}\\s*=\\s*"([^"]*)"`, 'i').exec(tag)
  return found ? unescaped(found[1] ?? '') : null
}

/** The first form whose action begins so; null where the page has none. */
export function readForm(html: string, actionBegins: string): HtmlForm | null {
  for (const [form = ''] of html.matchAll(/<form\b[\s\S]*?<\/form>/gi)) {
    const action = attribute(/^<form\b[^>]*>/i.exec(form)?.[0] ?? '', 'action')
    if (!action?.startsWith(actionBegins)) continue
    const inputs = [...form.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => tag)
    const fields = inputs.flatMap((tag): [string, string][] => {
      const name = attribute(tag, 'name')
      return name === null ? [] : [[name, attribute(tag, 'value') ?? '']]
    })
    return { action, fields: new Map(fields) }
  }
  return null
}
