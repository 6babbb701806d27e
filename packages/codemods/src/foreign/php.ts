/** PHP: Laravel, Symfony, and pages that do it themselves. */
import { rule } from './foreign-rule.ts'

export const php = [
  rule(
    'function_call_expression',
    'password-check',
    'php',
    'sure',
    '^\\\\?(password_verify|wp_check_password|crypt_verify)\\s*\\(',
  ),
  rule('function_call_expression', 'session', 'php', 'sure', '^\\\\?session_start\\s*\\('),
  rule(
    'function_call_expression',
    'session',
    'php',
    'likely',
    '^\\\\?(session_regenerate_id|wp_set_auth_cookie|wp_signon)\\s*\\(',
  ),
  rule(
    'assignment_expression',
    'session',
    'php',
    'likely',
    '^\\$_SESSION\\[[\'"](user|user_?id|username|login|logged_?in|loggedin|email|admin|id|uid)[\'"]\\]',
  ),
  rule(
    'scoped_call_expression',
    'password-check',
    'laravel',
    'sure',
    '^\\\\?(Auth::(attempt|once|validate|attemptWhen)|Hash::check|Password::reset)\\(',
  ),
  rule('scoped_call_expression', 'session', 'laravel', 'sure', '^\\\\?Auth::(login|loginUsingId|logout)\\('),
  rule('scoped_call_expression', 'login-route', 'laravel', 'sure', '^Auth::routes\\('),
  rule('scoped_call_expression', 'login-route', 'laravel', 'sure', '^Route::(get|post|any|match|view)\\(', {
    method: 'ANY',
  }),
  rule(
    'member_call_expression',
    'password-check',
    'laravel',
    'sure',
    '^(auth\\([^)]*\\)|Auth::guard\\([^)]*\\))->(attempt|validate|once)\\(',
  ),
  rule(
    'member_call_expression',
    'session',
    'laravel',
    'sure',
    '^(auth\\([^)]*\\)|Auth::guard\\([^)]*\\))->(login|logout)\\(',
  ),
  rule(
    'member_call_expression',
    'password-check',
    'symfony',
    'sure',
    '^\\$(this->)?\\w*(hasher|Hasher|encoder|Encoder)->(isPasswordValid|verify)\\(',
  ),
  rule(
    'scoped_call_expression',
    'jwt-verify',
    'php',
    'sure',
    '^\\\\?(Firebase\\\\JWT\\\\)?(JWT|JWTAuth)::(decode|parseToken|authenticate|attempt)\\(',
  ),
  rule('subscript_expression', 'basic-auth', 'php', 'sure', '^\\$_SERVER\\[[\'"]PHP_AUTH_(USER|PW)[\'"]\\]'),
  rule(
    'member_call_expression',
    'strategy',
    'laravel',
    'likely',
    '->middleware\\(\\s*\\[?\\s*[\'"]auth(:\\w+)?[\'"][^()]*\\)$',
  ),
  rule(
    'class_declaration',
    'strategy',
    'symfony',
    'sure',
    '^[^{]*\\b(extends (AbstractAuthenticator|AbstractLoginFormAuthenticator|AbstractGuardAuthenticator)|implements [^{]*(AuthenticatorInterface|UserProviderInterface))\\b',
  ),
] as const
