/** Names of variables, upstreams and formats that the generated files share. */

/** `rules` is what `rulesName` says of a backend's path rules. */
export const targetVariable = (rules: string): string => `lockgate_target_${rules}`
export const fullVariable = (rules: string): string => `lockgate_full_${rules}`
export const pathVariable = (rules: string): string => `lockgate_path_${rules}`

export const upstreamName = (backend: string): string => `lockgate_${backend}`

/** Longer names do not fit the default `server_names_hash_bucket_size` of 64 bytes, which only the operator may set. */
export const longestHashedName = 40
