"""What people and staff fill in."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.trust.mail.answers import BadRecords, read_records
from daremo.web.apps.genuine.models import Announcement
from daremo.web.ui.fields import DateField


class AskForm(forms.Form):
    """What somebody received; one of both is enough."""

    text = forms.CharField(
        label=_("届いた文や、番号、コード"),
        help_text=_("わかるところだけでかまいません。そのまま貼りつけてください。"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("届いた文を貼りつけるか、番号を書いてください。"),
            "max_length": _("長すぎます。気になるところだけ、貼りつけてください。"),
        },
    )
    file = forms.FileField(
        label=_("メールのファイル（.eml）"),
        help_text=_("文のかわりに、ファイルでも調べられます。2.5MBまでです。"),
        required=False,
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].required = not self.files.get("file")

    def clean_text(self) -> str:
        """Return the words; spaces alone are none."""
        told = str(self.cleaned_data.get("text") or "")
        if self.fields["text"].required and not told.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        return told


class SlipForm(forms.Form):
    """The number that a caller tells."""

    number = forms.CharField(
        label=_("お客さまの「調べ」の番号"),
        help_text=_("4けたか5けた。結果だけが開きます。"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def clean_number(self) -> str:
        """Return the digits."""
        return "".join(c for c in unicodedata.normalize("NFKC", self.cleaned_data["number"]) if c.isdigit())


class Lines(forms.CharField):
    """One thing a line; a list of them."""

    def __init__(self, **more: Any) -> None:
        rows = more.pop("rows", 3)
        super().__init__(
            required=False,
            widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off", "spellcheck": "false"}),
            **more,
        )

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """Return the lines that hold something."""
        lines = unicodedata.normalize("NFKC", super().clean(value)).splitlines()
        return [line.strip() for line in lines if line.strip()]


class AnnouncementForm(forms.Form):
    """An official message, word by word as it will go out."""

    kind = forms.ChoiceField(label=_("何で送りますか"), choices=Announcement.Kind.choices, widget=forms.RadioSelect)
    title = forms.CharField(label=_("件名"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    text = forms.CharField(
        label=_("文（送るとおりに）"),
        help_text=_("確認コードは、出すときに下へ付きます。"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    department = forms.CharField(
        label=_("出す課"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    audience = forms.CharField(
        label=_("だれに"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    valid_from = DateField(label=_("いつから"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    valid_until = DateField(label=_("いつまで"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    links = Lines(label=_("市のサイトではない、正しいリンク"), help_text=_("1行に1つ。委託先のサイトなど。"), rows=2)
    numbers = Lines(
        label=_("このお知らせだけの電話番号"), help_text=_("1行に1つ。文の中の番号か、かける側の番号。"), rows=2
    )
    supersedes = forms.CharField(
        label=_("このお知らせに替わる、前のコード"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_supersedes(self) -> str:
        """Return the code as it is kept."""
        from daremo.trust.notices.code import read_code

        told = self.cleaned_data["supersedes"].strip()
        code = read_code(told) if told else ""
        if code is None:
            raise forms.ValidationError(_("コードを確かめてください。"))
        return code

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        told = super().clean() or {}
        first, last = told.get("valid_from"), told.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", str(_("「いつから」より後の日にしてください。")))
        return told


class SpeakerForm(forms.Form):
    """What is the city's own."""

    name = forms.CharField(label=_("名前"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    phone = forms.CharField(
        label=_("迷った人がかける番号"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    domains = Lines(label=_("市のサイトの名前"), help_text=_("1行に1つ。例：city.mihon.example"))
    links = Lines(label=_("市の外にある、正しいリンク"), help_text=_("1行に1つ。"))
    numbers = Lines(label=_("市の電話番号"), help_text=_("1行に1つ。"))
    mail_domains = Lines(label=_("メールを出すところ"), help_text=_("1行に1つ。例：city.mihon.example"))
    mail_records = forms.CharField(
        label=_("そのDNSの記録（DKIMの鍵とDMARC）"),
        help_text=_(
            "なくてもかまいません。あると、市が送ったメールを「本物」と答えられます。"
            "「k1._domainkey.city.mihon.example TXT」のあとに、内容を引用符で囲んで書きます。"
        ),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_mail_records(self) -> str:
        """Say the line that cannot be read."""
        told = str(self.cleaned_data["mail_records"])
        try:
            read_records(told)
        except BadRecords as error:
            words = _("DNSの記録として読めません。{line}行めを確かめてください。")
            raise forms.ValidationError(str(words).format(line=error.line or 1)) from error
        return told


class QualificationForm(forms.Form):
    """A badge for a supporter."""

    supporter: Any = forms.ModelChoiceField(label=_("支援者"), queryset=None)
    name = forms.CharField(
        label=_("資格の名前"),
        help_text=_("例：スマホ相談の支援者（基本研修）"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    until = DateField(label=_("いつまで"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, supporters: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["supporter"].queryset = supporters  # type: ignore[attr-defined]


class RevokeForm(forms.Form):
    """Why a badge no longer holds."""

    reason = forms.CharField(
        label=_("わけ"),
        help_text=_("例：期限より前に活動を終えた。人についての詳しいことは書かないでください。"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
