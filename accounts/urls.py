from django.urls import path, re_path

from accounts import avatar_views, person_views, views

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
    path("sessions/", person_views.sessions, name="sessions"),
    path("sessions/<int:sign_in_id>/end/", person_views.end_session, name="end-session"),
    path("delete/", person_views.CloseAccount.as_view(), name="close"),
    path("blocks/", person_views.block, name="block"),
    path("blocks/<int:person_id>/end/", person_views.unblock, name="unblock"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("avatar/", avatar_views.ChangeAvatar.as_view(), name="change-avatar"),
    path("avatar/remove/", avatar_views.remove, name="remove-avatar"),
    re_path(r"^avatars/(?P<name>[0-9a-f]{40}\.webp)$", avatar_views.avatar, name="avatar"),
]
