"""What allauth asks us: nobody signs up alone, secrets are encrypted, the municipality's sign-in finds its account."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext

from daremo.web.apps.staff.models import User
from daremo.web.ui.context import site_of


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by colleagues."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account alone."""
        return False


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", [])]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"daremo.mfa:{k}".encode()).digest())) for k in keys]
    )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Our names for keys; secrets of codes are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key made of ``SECRET_KEY``."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt with ``SECRET_KEY`` or one of ``SECRET_KEY_FALLBACKS``."""
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        """Name of the service, as the app with codes shows it."""
        site = site_of("ja")
        return f"{site['city']} {site['service']}"

    def get_totp_label(self, user: User) -> str:
        """The account's name, without its e-mail address."""
        return user.username

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        """パスキー1, パスキー2 and so on."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("パスキー{n}").format(n=number)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The municipality's sign-in opens accounts that a colleague made; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody makes an account alone."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect at first sign-in to the one active account of that e-mail address, if the address is verified.

        ``DAREMO_OIDC_TRUST_EMAIL`` says that the municipality alone writes the addresses of its directory.
        """
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        told = sociallogin.account.extra_data
        told = told.get("userinfo", told)
        email = str(told.get("email") or "")
        if not email or not (told.get("email_verified") is True or getattr(settings, "DAREMO_OIDC_TRUST_EMAIL", False)):
            return
        found = list(User.objects.filter(email__iexact=email, is_active=True)[:2])
        if len(found) == 1:
            sociallogin.connect(request, found[0])
