create table users (
  id integer primary key,
  password_hash text not null, -- password-check?
  name text
);
