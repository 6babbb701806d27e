from django.contrib.auth import authenticate, login
urlpatterns = [
    path('accounts/login/', views.login_view), # login-route
    path('articles/', views.articles),
]
user = authenticate(request, username=a, password=b) # password-check
login(request, user) # session
@login_required # strategy?
def account(request): pass
class Mine(LoginRequiredMixin, View): pass # strategy?
REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': ['a.B'], # strategy
}
user = User.objects.filter(name=a, password=b) # password-check
