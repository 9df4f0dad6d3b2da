"""Addresses of accounts: our own under ``staff:``, those of allauth by the names it knows."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from daremo.web.apps.staff import municipal, views, views_accounts, views_records

own: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("practice/", views.practice, name="practice"),
    path("kept/", views.kept_form, name="kept"),
    path("role/", views.role, name="role"),
    path("again/", views.again, name="again"),
    path("everywhere/", views.everywhere, name="everywhere"),
    path("accounts/", views_accounts.accounts, name="accounts"),
    path("accounts/new/", views_accounts.invite, name="invite"),
    path("accounts/<int:membership>/", views_accounts.account, name="account"),
    path("accounts/<int:membership>/role/", views_accounts.change, name="change"),
    path("accounts/<int:membership>/end/", views_accounts.end, name="end"),
    path("accounts/<int:membership>/welcome/", views_accounts.welcome, name="welcome"),
    path("accounts/<int:membership>/recover/", views_accounts.recover, name="recover"),
    path("recoveries/<int:recovery>/", views_accounts.recovery, name="recovery"),
]

records: list[URLPattern | URLResolver] = [
    path("journal/", views_records.journal, name="journal"),
    path("seen/<int:person>/", views_records.seen, name="seen"),
]

#: Only what is used: no sign-up, no change of e-mail by oneself, no sign-in by code.
ours_of_allauth: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("keys/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("city/", include("allauth.socialaccount.urls")),
    path("city/oidc/<str:provider_id>/login/", municipal.login, name="openid_connect_login"),
    path("city/oidc/<str:provider_id>/login/callback/", municipal.callback, name="openid_connect_callback"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((own, "staff"))),
    path("", include((records, "records"))),
    path("account/", include(ours_of_allauth)),
]
