"""Forms of accounts: those of allauth in our words, and our own."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from daremo.web.apps.staff.models import Role


def _say(form: Any, name: str, label: Any, hint: Any = "", missing: Any = "", **attrs: str) -> None:
    """Give a field of allauth our label, hint and error, and take its placeholder away."""
    if name not in form.fields:
        return
    field = form.fields[name]
    field.label, field.help_text = label, hint
    if missing:
        field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)


CODE = {"inputmode": "numeric", "autocomplete": "one-time-code"}


class LoginForm(account.LoginForm):  # type: ignore[misc]
    """Account and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            "login",
            _("アカウント名か、メール"),
            missing=_("アカウント名を書いてください。"),
            autocomplete="username",
        )
        _say(self, "password", _("パスワード"), missing=_("パスワードを書いてください。"))


class PasswordAgainForm(account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", _("パスワード"), missing=_("パスワードを書いてください。"))


class _TwiceForm:
    """New password, written twice."""

    fields: dict[str, forms.Field]

    def say(self) -> None:
        hint = _("12文字以上。長いことばのつながりが、覚えやすくて安全です。")
        _say(self, "oldpassword", _("いまのパスワード"), missing=_("いまのパスワードを書いてください。"))
        _say(self, "password1", _("新しいパスワード"), hint, _("新しいパスワードを書いてください。"))
        _say(self, "password2", _("新しいパスワード（もう一度）"), missing=_("もう一度書いてください。"))


class ChangePasswordForm(_TwiceForm, account.ChangePasswordForm):  # type: ignore[misc]
    """Old password and new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say()


class SetPasswordForm(_TwiceForm, account.SetPasswordForm):  # type: ignore[misc]
    """First password of an account that had none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say()


class ResetPasswordKeyForm(_TwiceForm, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """Password behind the link of an invitation or a recovery."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say()


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]
    """Where to send the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", _("メール"), _("アカウントに登録したメールです。"), _("メールを書いてください。"))


class AuthenticateForm(mfa.AuthenticateForm):  # type: ignore[misc]
    """The code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            "code",
            _("確認コード"),
            _("アプリに出ている6けた。予備コードも使えます。"),
            _("コードを書いてください。"),
            **CODE,
        )


class ReauthenticateForm(mfa.ReauthenticateForm):  # type: ignore[misc]
    """The code once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            "code",
            _("確認コード"),
            _("アプリに出ている6けた。予備コードも使えます。"),
            _("コードを書いてください。"),
            **CODE,
        )


class ActivateTOTPForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "code", _("アプリに出た6けたのコード"), missing=_("コードを書いてください。"), **CODE)


class AddWebAuthnForm(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey's name; without a password where the device can make sure who holds it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "name", _("このパスキーの名前"), _("どの機器か、わかる名前。例：窓口のパソコン"), autocomplete="off")
        hint = _("指紋・顔・PINで、本人を確かめられる機器のときに選びます。")
        _say(self, "passwordless", _("パスワードなしでサインインする"), hint)
        self.fields["passwordless"].initial = True


class EditWebAuthnForm(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "name", _("このパスキーの名前"), missing=_("名前を書いてください。"), autocomplete="off")


class RoleForm(forms.Form):
    """What somebody is in the organisation."""

    role = forms.ChoiceField(label=_("役割"), widget=forms.RadioSelect)
    point: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("場所（場所の責任者だけ）"), queryset=None, required=False, empty_label=_("ぜんぶの場所")
    )

    def __init__(self, *args: Any, roles: list[Role], points: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["point"].queryset = points  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A point counts for a point's manager only."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("role") != Role.POINT:
            told["point"] = None
        return told


class InviteForm(RoleForm):
    """Who is invited, to which organisation, as what."""

    organisation: forms.ModelChoiceField[Any] = forms.ModelChoiceField(label=_("団体"), queryset=None, empty_label=None)
    name = forms.CharField(
        label=_("名前"),
        max_length=60,
        error_messages={"required": _("名前を書いてください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    username = forms.RegexField(
        r"^[A-Za-z0-9._-]{3,40}$",
        label=_("アカウント名"),
        help_text=_("半角の英字と数字で3文字以上。サインインに使います。"),
        error_messages={
            "required": _("アカウント名を書いてください。"),
            "invalid": _("半角の英字・数字・点・ハイフンで、3〜40文字にしてください。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("メール"),
        required=False,
        help_text=_("パスワードを忘れたときに使います。"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("organisation", "name", "username", "email", "role", "point")

    def __init__(self, *args: Any, organisations: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]

    def clean_username(self) -> str:
        """Names of practice accounts are not given away."""
        name: str = self.cleaned_data["username"]
        if name.lower().startswith("practice-"):
            raise forms.ValidationError(_("「practice-」で始まる名前は使えません。"))
        return name
