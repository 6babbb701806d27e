/** Ruby: Rails with has_secure_password or Devise, Sinatra, Warden. */
import { rule } from './foreign-rule.ts'

export const ruby = [
  rule('call', 'strategy', 'devise', 'sure', '^devise[ (]+:'),
  rule('call', 'login-route', 'devise', 'sure', '^devise_for\\b'),
  rule('identifier', 'password-check', 'rails', 'sure', '^has_secure_password$'),
  rule('call', 'password-check', 'rails', 'sure', '^has_secure_password\\b'),
  rule(
    'call',
    'password-check',
    'rails',
    'sure',
    '^@?\\w*(user|User|account|admin|member)\\w*(\\.find_by\\([^)]*\\))?&?\\.(authenticate|valid_password\\?|authenticate_by)[ (]',
  ),
  rule('call', 'password-check', 'rails', 'sure', '^\\w+\\.authenticate_by\\('),
  rule('call', 'password-check', 'ruby', 'sure', '^BCrypt::Password\\.new\\b'),
  rule(
    'assignment',
    'session',
    'rails',
    'sure',
    '^session\\[:(user|user_id|current_user|current_user_id|account_id|admin)\\]',
  ),
  rule('call', 'session', 'devise', 'sure', '^(sign_in|sign_out)[ (]'),
  rule('call', 'jwt-verify', 'ruby', 'sure', '^JWT\\.decode\\b'),
  rule(
    'call',
    'basic-auth',
    'rails',
    'sure',
    '^(http_basic_authenticate_with|authenticate_or_request_with_http_basic|authenticate_with_http_basic)\\b',
  ),
  rule('call', 'basic-auth', 'sinatra', 'sure', '^use Rack::Auth::Basic\\b'),
  rule(
    'call',
    'strategy',
    'rails',
    'likely',
    '^before_action :?(authenticate\\w*!?|require_login|logged_in_user|require_user)',
  ),
  rule('call', 'strategy', 'ruby', 'sure', '^Warden::(Strategies\\.add|Manager)'),
  rule('call', 'login-route', 'rails', 'sure', '^(get|post|match) *\\(?[\'":]', { method: 'ANY' }),
] as const
