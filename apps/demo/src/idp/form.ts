/** The forms of a page, read as a browser without scripts would. */

export interface Form {
  readonly action: URL
  readonly method: 'GET' | 'POST'
  /** Fields with the values that they came with. */
  readonly fields: Readonly<Record<string, string>>
  /** Values of its named buttons, by name. */
  readonly buttons: Readonly<Record<string, string>>
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
export const decodeHtml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
    return decimal ? String.fromCodePoint(Number(decimal)) : (entities[name] ?? whole)
  })

function attributesOf(tag: string): Readonly<Record<string, string>> {
  const found = tag.matchAll(/([a-z][\w:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/gi)
  return Object.fromEntries(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decodeHtml(double ?? single ?? bare ?? ''),
    ]),
  )
}

/** `at`: where the page came from. */
export function formsOf(html: string, at: URL): readonly Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, open = '', inside = '']) => {
    const form = attributesOf(open)
    const inputs = [...inside.matchAll(/<(input|button)\b([^>]*)>/gi)].map(([, kind = '', tag = '']) => ({
      kind: kind.toLowerCase(),
      ...attributesOf(tag),
    })) as readonly Readonly<Record<string, string>>[]
    const isButton = ({ kind, type }: Readonly<Record<string, string>>) => kind === 'button' || type === 'submit'
    const unchecked = (one: Readonly<Record<string, string>>) =>
      /^(checkbox|radio)$/.test(one.type ?? '') && one.checked === undefined
    const pairs = (some: typeof inputs) =>
      Object.fromEntries(some.filter(({ name }) => name).map(({ name, value = '' }) => [name, value]))
    return {
      action: new URL(form.action || at.href, at),
      method: /^post$/i.test(form.method ?? '') ? 'POST' : 'GET',
      fields: pairs(inputs.filter((one) => !isButton(one) && !unchecked(one))),
      buttons: pairs(inputs.filter(isButton)),
    }
  })
}
