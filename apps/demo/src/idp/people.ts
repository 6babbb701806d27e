/** Who works at Acme, the same at each identity provider of the lab. */

export interface Person {
  /** What they type to sign in. */
  readonly login: string
  readonly password: string
  /** Base32 secret of the authenticator app; null: the person has no second factor. */
  readonly otp: string | null
  readonly email: string
  readonly emailVerified: boolean
  /** Given name and surname. */
  readonly name: readonly [string, string]
  /** Paths from the top, without a leading slash: `staff/payroll` lies in `staff`. */
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  /** Roles of the client that Lockgate is. */
  readonly clientRoles: readonly string[]
}

const person = (login: string, one: Partial<Person>): Person => ({
  login,
  password: `${login}-Wechselgeld-7`,
  otp: null,
  email: `${login}@acme.test`,
  emailVerified: true,
  name: [login[0]?.toUpperCase() + login.slice(1), 'Acme'],
  groups: [],
  roles: [],
  clientRoles: [],
  ...one,
})

/** `ana` and `ben` have everything; the others each lack or exceed something. */
export const people = {
  ana: person('ana', {
    otp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    name: ['Ana', 'Ortega'],
    groups: ['hr-staff', 'staff/payroll'],
    roles: ['hr'],
    clientRoles: ['approver'],
  }),
  ben: person('ben', {
    otp: 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU',
    name: ['Ben', 'Bakker'],
    groups: ['sales'],
    roles: ['sales'],
  }),
  /** No second factor. */
  eve: person('eve', { groups: ['sales'] }),
  /** Names that are no ASCII, and a comma in a group. */
  mei: person('mei', {
    otp: 'MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK',
    name: ['美玲', 'Łukasiewicz'],
    groups: ['財務部', 'Köln, Finanzen'],
  }),
  /** Address not verified. */
  una: person('una', { otp: 'NBSWY3DPO5XXE3DENBSWY3DPO5XXE3DE', emailVerified: false }),
  /** More groups than a cookie or an Entra token takes. */
  max: person('max', {
    otp: 'ONSWG4TFOQQGW2LUONSWG4TFOQQGW2LU',
    groups: Array.from({ length: 250 }, (_, index) => `projects/project-${String(index).padStart(3, '0')}`),
  }),
} as const satisfies Record<string, Person>
export type PersonName = keyof typeof people
