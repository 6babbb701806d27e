# ü: offsets are not bytes
from flask import Flask, session
@app.route('/login', methods=['POST']) # login-route
def login():
    if check_password_hash(user.pw, request.form['password']): # password-check
        session['user_id'] = user.id # session?
@app.route('/hello')
def hello(): pass
jwt.decode(token, key, algorithms=['HS256']) # jwt-verify
app.run(host='0.0.0.0', port=5000) # listener
app.run(host='127.0.0.1', port=5000)
if 'user_id' in session: pass # session?
@login.user_loader # strategy
def load(id): pass
