/** How an operator starts an engine that is down, after the way in which it is reloaded. */

/** `nginx -c FILE -s reload` starts as `nginx -c FILE`, `systemctl reload nginx` as `systemctl start nginx`. */
export function startCommand(reload: readonly string[], standard: readonly string[]): readonly string[] {
  const signal = reload.findIndex((word, index) => word === '-s' && reload[index + 1] === 'reload')
  if (signal >= 0) return reload.toSpliced(signal, 2)
  const verb = reload.findIndex((word) => /^(reload|graceful|restart)$/.test(word))
  return verb < 0 ? standard : reload.toSpliced(verb, 1, 'start')
}
