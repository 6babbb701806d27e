/** Text in the form of a header's value. */

const unsafe = /[^\x20-\x7e]|[%,]|^ | $/gu

const encode = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')

/** Printable ASCII without `%` and `,` as it is, everything else percent-encoded UTF-8. */
export const headerValue = (text: string): string => text.replace(unsafe, encode)
