/** The sentences of the report in the language that it is asked for. */
import type { Language } from '../report.ts'
import { english } from './en.ts'
import type { Texts } from './texts.ts'
import { taiwanese } from './zh-tw.ts'

const byLanguage = { en: english, 'zh-TW': taiwanese } as const satisfies Record<Language, Texts>

export const textsOf = (language: Language): Texts => byLanguage[language]
