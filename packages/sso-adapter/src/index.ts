/** OpenID Connect login, sessions, step-up, logout and API tokens. */
export {}
