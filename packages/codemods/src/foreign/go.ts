/** Go: net/http, gin, echo, chi, gorilla and golang-jwt. */
import { rule } from './foreign-rule.ts'

export const go = [
  rule(
    'call_expression',
    'password-check',
    'go',
    'sure',
    '^(bcrypt\\.CompareHashAndPassword|argon2id\\.ComparePasswordAndHash|scrypt\\.CompareHashAndPassword)\\(',
  ),
  rule(
    'call_expression',
    'password-check',
    'go',
    'likely',
    '^(\\w+\\.)*(CheckPassword|VerifyPassword|ComparePassword|CheckPasswordHash|PasswordMatches|ComparePasswords|ValidatePassword)\\(',
  ),
  rule(
    'call_expression',
    'jwt-verify',
    'go',
    'sure',
    '^(jwt|jwtgo|request)\\.(Parse|ParseWithClaims|ParseFromRequest|ParseRequest|ParseSigned)\\(',
  ),
  rule(
    'call_expression',
    'jwt-verify',
    'go',
    'sure',
    '^(echojwt|jwtware|middleware|jwtauth)\\.(JWT|JWTWithConfig|WithConfig|New|Verifier|Authenticator)\\(',
  ),
  rule(
    'call_expression',
    'session',
    'go',
    'sure',
    '^(sessions|scs|session)\\.(NewCookieStore|NewFilesystemStore|Sessions|New|NewSession|NewManager|NewStore)\\(',
  ),
  rule(
    'call_expression',
    'basic-auth',
    'go',
    'sure',
    '^(gin|middleware|basicauth|echo)\\.(BasicAuth|BasicAuthForRealm|New)\\(',
  ),
  rule(
    'call_expression',
    'basic-auth',
    'go',
    'sure',
    '^(r|req|request|c\\.Request|ctx\\.Request)(\\(\\))?\\.BasicAuth\\(\\)',
  ),
  rule(
    'call_expression',
    'listener',
    'go',
    'sure',
    '^(http|\\w+)\\.(ListenAndServe|ListenAndServeTLS|Run|Start|Listen)\\(\\s*"(0\\.0\\.0\\.0)?:\\d+"',
  ),
  rule('call_expression', 'listener', 'go', 'likely', '^http\\.ListenAndServe(TLS)?\\(\\s*[^"\\s]'),
  rule(
    'call_expression',
    'login-route',
    'go',
    'sure',
    '^(\\w+\\.)+(POST|GET|Post|Get|HandleFunc|Handle|Methods|Any)\\(\\s*"',
    { method: 'ANY' },
  ),
] as const
