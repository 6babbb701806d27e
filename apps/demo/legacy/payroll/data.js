export const slips = { ana: ['2026-09', '2026-10'], ben: ['2026-10'] }

// Both passwords are "summer2011".
export const users = [
  { name: 'ana', passwordHash: '$2b$08$XB6f6FQwdUrmGVlNcJqL0eBxLGZT7JXQp3PlF3z6qh7WnYTfbByM.' },
  { name: 'ben', passwordHash: '$2b$08$XB6f6FQwdUrmGVlNcJqL0eBxLGZT7JXQp3PlF3z6qh7WnYTfbByM.' },
]
