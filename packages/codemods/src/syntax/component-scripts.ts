/** The programs in a component of Vue, Svelte or Astro: everything else becomes blanks, so that offsets and lines stay what they are. */

const scripts = /<script\b[^>]*>([\s\S]*?)<\/script>/g
const frontMatter = /^\s*---\r?\n([\s\S]*?)\r?\n---/

const blank = (text: string): string => text.replace(/[^\r\n]/g, ' ')

export function componentScripts(text: string): string {
  const kept = [
    ...text.matchAll(scripts),
    ...(text.match(frontMatter) ? [frontMatter.exec(text) as RegExpExecArray] : []),
  ]
    .map((one) => ({ start: (one.index ?? 0) + one[0].indexOf(one[1] ?? '', 3), text: one[1] ?? '' }))
    .sort((a, b) => a.start - b.start)
  let [result, at] = ['', 0]
  for (const one of kept) {
    if (one.start < at) continue
    result += blank(text.slice(at, one.start)) + one.text
    at = one.start + one.text.length
  }
  return result + blank(text.slice(at))
}
