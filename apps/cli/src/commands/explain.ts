/** `lockgate explain CHECK|ERRORCODE|GAP`: the playbook's section, in the terminal. */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkById } from '@lockgate/checks'
import { LockgateError, nearest } from '@lockgate/model'
import type { Add } from '../command.ts'

export function addExplain(add: Add): void {
  add(
    'explain [subject]',
    'what a check, error code or gap means, and how to fix it',
    (command) => command,
    async (context, [subject]) => {
      const sections = await readPlaybooks(context.options.lang === 'zh-TW' ? 'zh-TW' : 'en')
      const known = [...sections.values()].map((one) => one.subject)
      if (subject === undefined) {
        context.out.answer({ subjects: known })
        for (const one of known) context.out.say(one)
        return 0
      }
      const section = sections.get(anchorOf(subject))
      if (!section) {
        const hint = nearest(subject, known)
        throw new LockgateError(
          'LG1101',
          `nothing is known of ${subject}${hint ? `; did you mean ${hint}?` : '; `lockgate explain` lists what is'}`,
        )
      }
      context.out.answer({ subject, title: checkById(subject)?.title ?? null, text: section.text })
      context.out.say(section.text)
      return 0
    },
  )
}

/** `consolidate.tcp-direct`, `gate.stale`, `LG1003` and gaps' names are headings of the playbooks. */
const anchorOf = (subject: string): string => subject.toLowerCase()

const here = dirname(fileURLToPath(import.meta.url))
/** Beside the built files once installed, at the root of a checkout where the sources run: a copy that a build left there is not read. */
const folders = [join(here, '..', 'playbooks'), join(here, '..', '..', '..', '..', 'playbooks')]

async function readPlaybooks(lang: 'en' | 'zh-TW'): Promise<ReadonlyMap<string, Section>> {
  const sections = new Map<string, Section>()
  for (const folder of folders) {
    const root = lang === 'en' ? folder : join(folder, lang)
    const names = await readdir(root).catch(() => [])
    for (const name of names.filter((one) => one.endsWith('.md'))) {
      const text = await readFile(join(root, name), 'utf8')
      for (const section of splitSections(text)) sections.set(anchorOf(section.subject), section)
    }
    if (sections.size > 0) return sections
  }
  throw new LockgateError('LG3103', 'the playbooks are not there; install lockgate again')
}

interface Section {
  readonly subject: string
  readonly text: string
}

/** Sections of second level, by their heading's first word; anchors are for browsers. */
function splitSections(text: string): readonly Section[] {
  return text
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## '))
    .map((part) => ({
      subject: /^## (\S+)/.exec(part)?.[1] ?? '',
      text: part.replace(/^<a id="[^"]*"><\/a>\n?/gm, '').trim(),
    }))
}
