"""What settings must say so that staff can sign in: import these, write none of it twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Before ``allauth`` so that our templates win.
INSTALLED_APPS = [
    "daremo.web.apps.staff",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # always installed, so that tables are the same everywhere; without a provider in the settings nothing shows
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

#: After sessions, locale, common, csrf, authentication and messages, in this order.
MIDDLEWARE = [
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "daremo.web.apps.staff.middleware.ActMiddleware",
]

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

#: ``globals().update(conf.SETTINGS)``
SETTINGS: dict[str, Any] = {
    "AUTH_USER_MODEL": "staff.User",
    "LOGIN_URL": "account_login",
    "LOGIN_REDIRECT_URL": "staff:home",
    "ACCOUNT_ADAPTER": "daremo.web.apps.staff.adapters.AccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"username", "email"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
    "ACCOUNT_SESSION_REMEMBER": True,
    "ACCOUNT_SESSION_COOKIE_AGE": 12 * 3600,
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
    "ACCOUNT_FORMS": {
        "login": "daremo.web.apps.staff.forms.LoginForm",
        "reauthenticate": "daremo.web.apps.staff.forms.PasswordAgainForm",
        "change_password": "daremo.web.apps.staff.forms.ChangePasswordForm",
        "set_password": "daremo.web.apps.staff.forms.SetPasswordForm",
        "reset_password": "daremo.web.apps.staff.forms.ResetPasswordForm",
        "reset_password_from_key": "daremo.web.apps.staff.forms.ResetPasswordKeyForm",
    },
    "MFA_ADAPTER": "daremo.web.apps.staff.adapters.MFAAdapter",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_PASSKEY_SIGNUP_ENABLED": False,
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,
    "MFA_TOTP_TOLERANCE": 1,
    "MFA_FORMS": {
        "authenticate": "daremo.web.apps.staff.forms.AuthenticateForm",
        "reauthenticate": "daremo.web.apps.staff.forms.ReauthenticateForm",
        "activate_totp": "daremo.web.apps.staff.forms.ActivateTOTPForm",
        "add_webauthn": "daremo.web.apps.staff.forms.AddWebAuthnForm",
        "edit_webauthn": "daremo.web.apps.staff.forms.EditWebAuthnForm",
    },
    "USERSESSIONS_TRACK_ACTIVITY": True,
    "SOCIALACCOUNT_ADAPTER": "daremo.web.apps.staff.adapters.SocialAdapter",
    "SOCIALACCOUNT_AUTO_SIGNUP": False,
    "SOCIALACCOUNT_LOGIN_ON_GET": False,
}


def oidc(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of the municipality's own sign-in, or nothing where none is configured.

    Parameters
    ----------
    environment : mapping of str to str
        ``DAREMO_OIDC_URL`` (issuer), ``DAREMO_OIDC_CLIENT``, ``DAREMO_OIDC_SECRET``, ``DAREMO_OIDC_NAME``.

    Raises
    ------
    ValueError
        Some of the first three are set and some are not.
    """
    names = ("DAREMO_OIDC_URL", "DAREMO_OIDC_CLIENT", "DAREMO_OIDC_SECRET")
    missing = [name for name in names if not environment.get(name)]
    if len(missing) == len(names):
        return {}
    if missing:
        raise ValueError(f"missing beside the other settings of OIDC: {', '.join(missing)}")
    url, client, secret = (environment[name] for name in names)
    app = {
        "provider_id": "city",
        "name": environment.get("DAREMO_OIDC_NAME") or "自治体のサインイン",
        "client_id": client,
        "secret": secret,
        "settings": {"server_url": url, "oauth_pkce_enabled": True},
    }
    return {"SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app]}}}
