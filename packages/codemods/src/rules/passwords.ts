/** Password checks that no library's name gives away: methods, comparisons, key derivations, queries. */
import { bare, child, children, dotted, isFunction, keyName, literal, type Node, some, textAt } from '../syntax/node.ts'
import { isPasswordName } from './login-words.ts'
import type { Certainty, Found, Rule } from './rule.ts'

const found = (node: Node, framework: string, certainty: Certainty): Found => ({
  at: node.start,
  node,
  kind: 'password-check',
  framework,
  certainty,
})

const checkingMethod =
  /^_?(compare|check|verify|validate|valid|match|matches|is|authenticate|test)_?(is)?_?(valid|correct|user)?_?(the)?(hashed)?_?(user)?(password|passwd|pwd|passphrase|passwordhash)(s|hash|match|matches|valid|correct|sync|async)?$|^(password|pwd)_?(matches|match|compare|verify|isvalid|check)$/i
const checkingReceiver =
  /(^|\.)_?\w*(password|hasher|hashing|hash|crypt|bcrypt|argon2?|scrypt|encrypt\w*|cryptograph\w*)\w*$/i

/** `user.comparePassword(given)`, `passwordManager.compare(given, hash)`. */
export const passwordMethods: Rule = {
  on: ['CallExpression'],
  find(node, _parents, context) {
    const callee = bare(child(node, 'callee'))
    const name = callee?.type === 'MemberExpression' ? keyName(callee) : textAt(callee, 'name')
    if (name === undefined || children(node, 'arguments').length === 0) return undefined
    if (checkingMethod.test(name)) return found(node, 'node', 'likely')
    if (!/^(compare|compareSync|verify|verifySync|matches|check)$/.test(name)) return undefined
    const object = child(callee, 'object')
    const receiver = dotted(object) ?? ''
    const origin = context.originOf(callee)
    if (/^(node:)?crypto\b/.test(origin ?? '') || /jwt|token|sign/i.test(receiver)) return undefined
    return checkingReceiver.test(receiver) ? found(node, 'node', 'likely') : undefined
  },
}

const credentialName =
  /^(user_?name|user|e?_?mail|email_?address|login|identifier|identity|account|uid|user_?id|phone|name)$/i
const isSecretName = (name: string): boolean => isPasswordName(name) || /^\w*(password|passwd)$/i.test(name)
const looksUp = /find|get|load|look|valid|verif|check|auth|log_?in|sign_?in|match|attempt|by/i
const makes =
  /create|register|sign_?up|add|insert|new|update|change|reset|set|save|hash|encrypt|send|connect|url|fetch|post|schema|seed|migrat|mail|invite/i

const checksSecret =
  /^(authenticate(_?user)?|\w*compare\w*|(validate|verify|check|match|is|test)_?(valid_?)?(hash|hashed|digest)\w*)$/i

/** `user.authenticate(password)`, `validateHash(password, user.hash)`, `users.findByCredentials(email, password)`. */
export const credentialCalls: Rule = {
  on: ['CallExpression'],
  find(node) {
    const callee = bare(child(node, 'callee'))
    const name = callee?.type === 'MemberExpression' ? keyName(callee) : textAt(callee, 'name')
    if (name === undefined) return undefined
    const isCheck = checksSecret.test(name)
    if (!isCheck && (makes.test(name) || !looksUp.test(name))) return undefined
    const names = children(node, 'arguments').map((one) => nameOf(bare(one) ?? one))
    if (!names.some(isSecretName)) return undefined
    return isCheck || names.some((one) => credentialName.test(one)) ? found(node, 'node', 'likely') : undefined
  },
}

const derivation = /(^|\.)(scrypt|pbkdf2)(Sync|Async)?$/

/** `user.password === given`, and a derived key compared with the stored one. */
export const passwordComparisons: Rule = {
  on: ['BinaryExpression', 'CallExpression'],
  find(node, parents, { text }) {
    if (node.type === 'CallExpression') return timingSafe(node, parents, text)
    if (!/^[!=]==?$/.test(textAt(node, 'operator') ?? '')) return undefined
    const [left, right] = [bare(child(node, 'left')), bare(child(node, 'right'))]
    if (!left || !right || !isComparable(left) || !isComparable(right)) return undefined
    const names = [left, right].map((one) => nameOf(one))
    if (
      names.some((one) => /confirm|repeat|again|retype|2$|verification|_?new|re_?pass|prev|original|changed/i.test(one))
    )
      return undefined
    if (!names.some(isPasswordName)) return undefined
    return found(node, 'node', isStored(left, right) || isStored(right, left) ? 'sure' : 'likely')
  },
}

/** `record.password` against a password that is not a record's own. */
const isStored = (stored: Node, given: Node): boolean =>
  stored.type === 'MemberExpression' &&
  isPasswordName(nameOf(stored)) &&
  !isRequest(stored) &&
  !/(^|\.)(parent|ref|refs|value|values|form|fields|target)\b/.test(dotted(stored) ?? '') &&
  (isPasswordName(nameOf(given)) || given.type === 'MemberExpression' || given.type === 'CallExpression') &&
  (given.type !== 'MemberExpression' || /(^|\.)(body|query|payload|params|form)\b/.test(dotted(given) ?? ''))

const isComparable = (node: Node): boolean =>
  /^(MemberExpression|Identifier|CallExpression)$/.test(node.type) &&
  nameOf(node) !== 'undefined' &&
  nameOf(node) !== 'length'

const nameOf = (node: Node): string => keyName(node) ?? textAt(node, 'name') ?? ''

const isRequest = (node: Node): boolean =>
  /(^|\.)(body|query|payload|params|form|values|state|props|input|dto)\b/.test(dotted(node) ?? '')

function timingSafe(node: Node, parents: readonly Node[], text: string): Found | undefined {
  if (!/(^|\.)timingSafeEqual$/.test(dotted(child(node, 'callee')) ?? '')) return undefined
  const around = parents.find(isFunction) ?? parents[0]
  const derives =
    around !== undefined &&
    some(around, (one) => one.type === 'CallExpression' && derivation.test(dotted(child(one, 'callee')) ?? ''))
  if (derives) return found(node, 'scrypt', /passw/i.test(text) ? 'sure' : 'likely')
  const names = around !== undefined && some(around, (one) => isPasswordName(textAt(one, 'name') ?? ''))
  return names ? found(node, 'node', 'likely') : undefined
}

const queryMethod =
  /^(findOne|findOneBy|findOneOrFail|findOneByOrFail|findFirst|findFirstOrThrow|findUnique|find|findAll|first|count|countDocuments|exists|exist|where|filter|findWhere|andWhere)$/

/** `User.findOne({ email, password })`: the database compares. */
export const passwordQueries: Rule = {
  on: ['CallExpression', 'TemplateLiteral', 'Literal'],
  find(node) {
    if (node.type !== 'CallExpression') return passwordSql(node)
    const callee = bare(child(node, 'callee'))
    if (callee?.type !== 'MemberExpression' || !queryMethod.test(keyName(callee) ?? '')) return undefined
    const asks = children(node, 'arguments').some((one) => hasPasswordCondition(bare(one)))
    return asks ? found(node, 'database', 'sure') : undefined
  },
}

function hasPasswordCondition(node: Node | undefined): boolean {
  if (node?.type !== 'ObjectExpression') return false
  return children(node, 'properties').some((one) => {
    const name = keyName(one, 'key') ?? ''
    const value = bare(child(one, 'value'))
    if (name === 'where') return hasPasswordCondition(value)
    const isValue =
      value !== undefined && /^(Identifier|MemberExpression|CallExpression|TemplateLiteral)$/.test(value.type)
    return isPasswordName(name) && isValue
  })
}

const sqlCheck = /\bselect\b[\s\S]*\bwhere\b[\s\S]*\b(password|passwd|pwd|password_?hash)"?`?\s*=/i

function passwordSql(node: Node): Found | undefined {
  const text =
    literal(node) ??
    children(node, 'quasis')
      .map((one) => (one.value as { cooked?: string }).cooked ?? '')
      .join('?')
  return sqlCheck.test(text) ? found(node, 'sql', 'sure') : undefined
}
