"""Forms about known weaknesses: files, who sees to what, what was decided in an exercise."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from daremo.trust.exposure.exercise import Exercise
from daremo.web.apps.guard import weak
from daremo.web.apps.guard.forms import FilesField
from daremo.web.apps.guard.models import State
from daremo.web.ui.fields import DateField
from daremo.web.ui.written import plain

_EMPTY = {"empty": _("空のファイルが入っています。")}


class WeakForm(forms.Form):
    """What an organisation runs, and what is known to be weak."""

    assets = FilesField(
        label=_("資産の一覧か部品表"),
        help_text=_("CycloneDX・SPDX・CSV。前に入れたものを使うときは、空のままにします。"),
        required=False,
        error_messages=_EMPTY,
    )
    advisories = FilesField(
        label=_("注意の知らせ（勧告）"),
        help_text=_("CSAF・OSV・悪用の一覧（KEV）。json・gz・zip、20個まで。"),
        required=False,
        error_messages=_EMPTY,
    )
    services = forms.FileField(
        label=_("サービスのつながりの表"),
        help_text=_("CSV。どのサービスが、どの資産に頼っているか。"),
        required=False,
        error_messages={"empty": _("空のファイルです。")},
    )

    def clean_services(self) -> str:
        """Read the table as text."""
        told = self.cleaned_data["services"]
        if told is None:
            return ""
        data = told.read(weak.MOST_SERVICES_BYTES + 1)
        for code in ("utf-8-sig", "cp932"):
            try:
                return str(data.decode(code))
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(_("文字として読めません。UTF-8にしてください。"))

    def clean(self) -> dict[str, Any]:
        """Ask for at least one file."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(told.get(name) for name in ("assets", "advisories", "services")):
            self.add_error("advisories", _("ファイルを選んでください。"))
        return told


class DutyForm(forms.Form):
    """Who sees to a weakness, by when, and what became of it."""

    state = forms.ChoiceField(label=_("いま"), widget=forms.RadioSelect)
    owner = forms.ChoiceField(label=_("担当"), required=False)
    due = DateField(label=_("いつまでに"))
    why = forms.CharField(
        label=_("受け入れるわけ"),
        help_text=_("「受け入れた」のときは、かならず書きます。人の名前は書きません。"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    was = forms.ChoiceField(choices=State.choices, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].choices = [("", _("まだ決めていない")), *owners]  # type: ignore[attr-defined]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            (State.OPEN, _("手当てを待つ")), (State.ACCEPTED, _("受け入れた")), (State.DONE, _("すんだ")),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where a weakness is accepted."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("state") == State.ACCEPTED and not told.get("why", "").strip():
            self.add_error("why", _("受け入れるわけを書いてください。"))
        return told


class DrillForm(forms.Form):
    """What was decided at each step of an exercise."""

    held = DateField(label=_("おこなった日"))

    def __init__(self, *args: Any, made: Exercise, **more: Any) -> None:
        super().__init__(*args, **more)
        self.made = made
        plain_input = forms.TextInput(attrs={"autocomplete": "off"})
        for i in made.injects:
            n = i.number
            self.fields[f"met_{n}"] = forms.ChoiceField(
                label=_("決められましたか"), choices=[("yes", _("はい")), ("no", _("いいえ")), ("", _("しなかった"))],
                required=False, initial="", widget=forms.RadioSelect,
            )  # fmt: skip
            self.fields[f"minutes_{n}"] = forms.CharField(
                label=_("始めてから何分で"), required=False, max_length=8,
                widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
            )  # fmt: skip
            for name, label in (
                ("decision", _("決めたこと")), ("gap", _("足りなかったこと")), ("owner", _("直す担当の係")),
            ):  # fmt: skip
                self.fields[f"{name}_{n}"] = forms.CharField(
                    label=label, required=False, max_length=400, widget=plain_input
                )
            self.fields[f"due_{n}"] = DateField(label=_("いつまでに"), required=False)

    def clean(self) -> dict[str, Any]:
        """Read minutes as people write them."""
        told: dict[str, Any] = super().clean() or {}
        for i in self.made.injects:
            text = plain(told.get(f"minutes_{i.number}") or "").removesuffix("分")
            if text and not (text.isascii() and text.isdigit() and len(text) < 6):
                self.add_error(f"minutes_{i.number}", _("数で書いてください。"))
            told[f"minutes_{i.number}"] = text
        return told

    def steps(self) -> list[tuple[Any, list[forms.BoundField], forms.BoundField]]:
        """Return each step with its fields, and the one that asks whether it was decided."""
        names = ("minutes", "decision", "gap", "owner", "due")
        return [(i, [self[f"{name}_{i.number}"] for name in names], self[f"met_{i.number}"]) for i in self.made.injects]

    def rows(self) -> list[dict[str, str]]:
        """Return what was written, one row for each step that was done."""
        told = self.cleaned_data
        rows = []
        for i in self.made.injects:
            row = {
                name: told.get(f"{name}_{i.number}") or ""
                for name in ("minutes", "decision", "met", "gap", "owner", "due")
            }
            if row["met"]:
                due = row["due"]
                rows.append({**row, "inject": str(i.number), "due": due.isoformat() if isinstance(due, date) else ""})
        return rows
