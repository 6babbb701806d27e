package main

func main() {
	r.POST("/login", login) // login-route
	r.POST("/orders", orders)
	err := bcrypt.CompareHashAndPassword(a, b) // password-check
	token, err := jwt.ParseWithClaims(t, c, f) // jwt-verify
	user, pass, ok := r.BasicAuth() // basic-auth
	http.ListenAndServe(":8080", nil) // listener
	http.ListenAndServe("127.0.0.1:8080", nil)
	v1.Use(users.AuthMiddleware(true)) // strategy?
	v1.Use(gin.Logger())
	if user.CheckPassword(given) != nil { // password-check?
	}
	r.Run() // listener?
	cmd.Run()
}

func guarded(router *mux.Router, h Handler) {
	router.HandleFunc("/cart", auth.WithJWTAuth(h.cart, h.store)) // strategy?
	token, err := validateJWT(raw)                                // jwt-verify?
}
