public class AccountController : Controller {
  [HttpPost("login")] // login-route
  public async Task Login() {
    var result = await _signInManager.PasswordSignInAsync(a, b, c, d); // password-check
    await HttpContext.SignInAsync(principal); // session
  }
  [HttpPost("orders")]
  public void Orders() {}
  [HttpPost("enter")]
  public async Task<IActionResult> SignIn(Form form) { // login-route?
    if (person.Hash.SequenceEqual(hash)) return Ok(); // password-check?
    app.MapGet("/", Show).RequireAuthorization(); // strategy?
  }
}

public class AuthorizeAttribute : Attribute, IAuthorizationFilter // strategy
{
    public static void Use(WebApplication app)
    {
        app.UseMiddleware<JwtMiddleware>(); // strategy?
    }
}
