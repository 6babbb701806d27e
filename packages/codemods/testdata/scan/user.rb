class User < ApplicationRecord
  has_secure_password # password-check
  devise :database_authenticatable # strategy
end
post '/login', to: 'sessions#create' # login-route
post '/orders', to: 'orders#create'
session[:user_id] = user.id # session
JWT.decode(token, key) # jwt-verify
