class SecurityConfig {
  void configure(HttpSecurity http) {
    http.formLogin(form -> form.loginPage("/x")); // strategy
    http.httpBasic(); // basic-auth
  }
  @PostMapping("/api/login") // login-route
  String login() {
    if (passwordEncoder.matches(a, b)) return ""; // password-check
    return JWT.require(algorithm).build().verify(token); // jwt-verify
  }
  @PostMapping("/api/orders")
  String orders() { return ""; }
}
