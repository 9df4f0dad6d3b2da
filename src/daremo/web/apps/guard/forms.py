"""Forms of the guard."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.kernel.errors import DaremoError
from daremo.web.apps.guard import mail


class ManyFiles(forms.ClearableFileInput):
    """A control that takes several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several files; cleaned to a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as a list, empty where none was chosen."""
        told = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if not told:
            super().clean(None, initial)
            return []
        return [super(FilesField, self).clean(one, initial) for one in told]


def _plain() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})


class DomainForm(forms.Form):
    """What is known of a mail domain."""

    domain = forms.CharField(
        label=_("メールのドメイン"),
        help_text=_("メールアドレスの @ のあと。例：city.example.jp"),
        max_length=300,
        widget=_plain(),
        error_messages={"required": _("ドメインを書いてください。")},
    )
    records_file = forms.FileField(
        label=_("DNSの記録のファイル"),
        help_text=_("JSONか、「名前 種類 内容」の行。DNSを管理する会社に頼めばもらえます。"),
        required=False,
        error_messages={"empty": _("空のファイルです。")},
    )
    records = forms.CharField(
        label=_("または、DNSの記録をはりつける"),
        help_text=_("「_dmarc.city.example.jp TXT」のあとに、内容を引用符で囲んで書きます。"),
        required=False,
        max_length=mail.MOST_RECORDS_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": _("長すぎます。2MBまでにしてください。")},
    )
    reports = FilesField(
        label=_("DMARCの報告"),
        help_text=_("xml・gz・zip、20個まで。14日分そろうと、強めてよいかがわかります。"),
        required=False,
        error_messages={"empty": _("空のファイルが入っています。")},
    )
    own_services = forms.CharField(
        label=_("自分の名前で送る外のサービスのドメイン"),
        help_text=_("一斉メールや給与明細など。空白で区切ります。"),
        required=False,
        max_length=1_000,
        widget=_plain(),
    )
    own_ips = forms.CharField(
        label=_("自分のメールサーバーの住所（IP）"),
        help_text=_("192.0.2.0/24 のように。空白で区切ります。"),
        required=False,
        max_length=1_000,
        widget=_plain(),
    )
    selectors = forms.CharField(
        label=_("DKIMのセレクター"), help_text=_("わかるときだけ。空白で区切ります。"), required=False, max_length=400,
        widget=_plain(),
    )  # fmt: skip

    def clean_domain(self) -> str:
        """Read the domain out of what was written."""
        try:
            return mail.domain_of(self.cleaned_data["domain"])
        except DaremoError as error:
            raise forms.ValidationError(_("ドメインとして読めません。@ のあとを書いてください。")) from error

    def clean(self) -> dict[str, Any]:
        """Take the records from the file or from the text."""
        told: dict[str, Any] = super().clean() or {}
        chosen = told.get("records_file")
        if chosen is not None:
            try:
                told["records"] = chosen.read(mail.MOST_RECORDS_BYTES + 1).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("records_file", _("文字として読めません。UTF-8にしてください。"))
        if not (told.get("records") or "").strip() and not self.errors:
            self.add_error("records_file", _("DNSの記録を、ファイルかはりつけで入れてください。"))
        return told
