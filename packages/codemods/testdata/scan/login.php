<?php
session_start(); // session
if (password_verify($given, $hash)) { // password-check
  $_SESSION['user_id'] = 1; // session?
}
Route::post('/login', [Login::class, 'login']); // login-route
Route::get('/orders', [Orders::class, 'index']);
$claims = JWT::decode($token, $key); // jwt-verify
if (isset($_SESSION['user_id'])) { // session?
}
Route::middleware(['auth:api'])->group(fn () => 1); // strategy?
#[Route('/login', name: 'login')] // login-route
#[Route('/orders', name: 'orders')]
function show() {
}
