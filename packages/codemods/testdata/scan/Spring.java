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
  @Bean
  SecurityFilterChain chain(HttpSecurity http) { // strategy
    return http.build();
  }
  @PreAuthorize("isAuthenticated()") // strategy?
  String mine(HttpServletRequest request) {
    return request.getHeader("Authorization"); // jwt-verify?
  }
}
@Component
class AuthFilter implements Filter {} // strategy?
class LogFilter implements Filter {}
