/** Finds and removes a backend's own login. */
export {}
