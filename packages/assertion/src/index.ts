/** The signed identity header: verify it in a backend. */
export {}
