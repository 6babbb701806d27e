/** C#: ASP.NET Core with and without Identity. */
import { rule } from './foreign-rule.ts'

export const csharp = [
  rule(
    'invocation_expression',
    'password-check',
    'aspnet',
    'sure',
    '^(this\\.)?_?\\w*[sS]ignInManager\\.(PasswordSignInAsync|CheckPasswordSignInAsync)\\(',
  ),
  rule(
    'invocation_expression',
    'password-check',
    'aspnet',
    'sure',
    '^(this\\.)?_?\\w*[uU]serManager\\.CheckPasswordAsync\\(',
  ),
  rule(
    'invocation_expression',
    'password-check',
    'aspnet',
    'sure',
    '^(\\w+\\.)*(VerifyHashedPassword|VerifyPassword)\\(',
  ),
  rule(
    'invocation_expression',
    'password-check',
    'aspnet',
    'sure',
    '^(BC|BCrypt|BCryptNet|BCrypt\\.Net\\.BCrypt)\\.(Verify|EnhancedVerify)\\(',
  ),
  rule(
    'invocation_expression',
    'session',
    'aspnet',
    'sure',
    '^(this\\.)?(_?\\w*[sS]ignInManager|_?[hH]ttpContext|context)\\.(SignInAsync|SignOutAsync)\\(',
  ),
  rule(
    'invocation_expression',
    'session',
    'aspnet',
    'sure',
    '\\.(AddCookie|AddSession|UseSession|ConfigureApplicationCookie)\\([^()]*(\\([^()]*\\)[^()]*)*\\)$',
  ),
  rule('invocation_expression', 'jwt-verify', 'aspnet', 'sure', '\\.AddJwtBearer\\([\\s\\S]*\\)$'),
  rule(
    'invocation_expression',
    'jwt-verify',
    'aspnet',
    'sure',
    '^(\\w+\\.|new \\w+\\(\\)\\.)*ValidateToken(Async)?\\(',
  ),
  rule(
    'invocation_expression',
    'strategy',
    'aspnet',
    'sure',
    '^\\w+(\\.\\w+)*\\.(AddAuthentication|UseAuthentication|AddIdentity\\w*|AddDefaultIdentity)(<[^>]*>)?\\([^()]*(\\([^()]*\\)[^()]*)*\\)$',
  ),
  rule('class_declaration', 'strategy', 'aspnet', 'sure', '^[^{]*:\\s*(AuthenticationHandler<|IAuthenticationHandler)'),
  rule('attribute', 'strategy', 'aspnet', 'likely', '^Authorize\\b'),
  rule('attribute', 'login-route', 'aspnet', 'sure', '^Http(Post|Get)\\(', { method: 'ANY' }),
  rule('attribute', 'login-route', 'aspnet', 'likely', '^Route\\(', { method: 'ANY' }),
  rule('invocation_expression', 'login-route', 'aspnet', 'sure', '^\\w+\\.Map(Post|Get)\\(', { method: 'ANY' }),
  rule(
    'invocation_expression',
    'listener',
    'aspnet',
    'sure',
    '\\b(UseUrls|Urls\\.Add|Run)\\(\\s*"https?://(0\\.0\\.0\\.0|\\*|\\+|\\[::\\])',
  ),
] as const
