from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("signup/", views.SignUp.as_view(), name="signup"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("password_change/", views.PasswordChange.as_view(), name="password-change"),
    path("password_reset/", views.PasswordReset.as_view(), name="password-reset"),
    path("password_reset/sent/", views.PasswordResetSent.as_view(), name="password-reset-sent"),
    path("password_reset/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password-reset-confirm"),
    path("password_reset/done/", views.PasswordResetDone.as_view(), name="password-reset-done"),
    path("profile/", views.Profile.as_view(), name="profile"),
]
