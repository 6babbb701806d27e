from django.contrib.auth import authenticate, login
urlpatterns = [
    path('accounts/login/', views.login_view), # login-route
    path('articles/', views.articles),
]
user = authenticate(request, username=a, password=b) # password-check
login(request, user) # session
@login_required # session?
def account(request): pass
