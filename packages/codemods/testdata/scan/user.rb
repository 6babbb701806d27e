class User < ApplicationRecord
  has_secure_password # password-check
  devise :database_authenticatable # strategy
end
post '/login', to: 'sessions#create' # login-route
post '/orders', to: 'orders#create'
session[:user_id] = user.id # session
JWT.decode(token, key) # jwt-verify
before_action :authenticate_user! # strategy?
resources :sessions, only: [:create] # login-route
resources :orders
Rails.application.config.session_store :cookie_store # session
