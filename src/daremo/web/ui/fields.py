"""Form fields that read what people write; what was typed stays in the field, the reading is shown back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from daremo.web.ui import written
from daremo.web.ui.text import to_plain


def understood(raw: str, value: str) -> str:
    """「「０９０…」をこう読み取りました」 where the reading differs from what was typed, else nothing."""
    return to_plain(gettext("「{raw}」をこう読み取りました"), raw=raw.strip()) if raw.strip() != value else ""


class _Written(forms.CharField):
    """A text field with a reader; subclasses say the reader, the words and the attributes of the control."""

    said: ClassVar[dict[str, Any]]
    control: ClassVar[dict[str, str]] = {}
    type: ClassVar[str] = "text"

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 60)
        super().__init__(**options)
        for key, value in self.control.items():
            self.widget.attrs.setdefault(key, value)
        if isinstance(self.widget, forms.TextInput):
            self.widget.input_type = self.type

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if typed in self.empty_values:
            return typed
        try:
            return self.read(typed)
        except written.Unreadable as problem:
            raise ValidationError(self.said.get(problem.reason, self.said["unknown"]), code=problem.reason) from None

    def read(self, typed: str) -> Any:
        """The canonical value; raises `written.Unreadable`."""
        raise NotImplementedError


class PhoneField(_Written):
    """A phone number; cleaned to ``090-1234-0000``."""

    type = "tel"
    control = {"autocomplete": "tel", "inputmode": "tel"}
    default_error_messages = {"required": _("電話番号を書いてください。")}
    said = {
        "short": _("電話番号の数字が足りないようです。市外局番から、もう一度お書きください。"),
        "long": _("電話番号の数字が多いようです。もう一度お書きください。"),
        "letters": _("電話番号は、数字だけでお書きください。"),
        "unknown": _("市外局番から、もう一度お書きください。"),
    }

    def read(self, typed: str) -> str:
        return written.phone(typed)


class PostcodeField(_Written):
    """A postcode; cleaned to ``760-0001``."""

    control = {"autocomplete": "postal-code", "inputmode": "numeric"}
    default_error_messages = {"required": _("郵便番号を書いてください。")}
    said = {
        "short": _("郵便番号の数字が足りないようです。7けたでお書きください。"),
        "long": _("郵便番号の数字が多いようです。7けたでお書きください。"),
        "unknown": _("郵便番号は、数字7けたでお書きください。"),
    }

    def read(self, typed: str) -> str:
        return written.postcode(typed)


class NameField(_Written):
    """A name, letters kept as written."""

    control = {"autocomplete": "name"}
    default_error_messages = {"required": _("お名前を書いてください。")}
    said = {"unknown": _("お名前を、もう一度お書きください。")}

    def read(self, typed: str) -> str:
        return written.name(typed)


class KanaField(_Written):
    """The reading of a name in either kana; cleaned to katakana."""

    default_error_messages = {"required": _("お名前の読みを書いてください。")}
    said = {"unknown": _("お名前の読みは、ひらがなかカタカナでお書きください。")}

    def read(self, typed: str) -> str:
        return written.kana(typed)


class DateField(_Written):
    """A date in an era or western years; cleaned to a `date`. `today()` lets a day without year mean the next one."""

    default_error_messages = {"required": _("日付を書いてください。")}
    said = {
        "impossible": _("その日は、こよみにありません。もう一度お書きください。"),
        "unknown": _("日付が読み取れませんでした。昭和15年3月1日のように、お書きください。"),
    }

    def __init__(self, *, today: Callable[[], date] | None = None, **options: Any) -> None:
        self.today = today
        super().__init__(**options)

    def read(self, typed: str) -> date:
        return written.day(typed, self.today() if self.today is not None else None)


class TimeField(_Written):
    """A time of day; cleaned to a `time`."""

    default_error_messages = {"required": _("時刻を書いてください。")}
    said = {
        "impossible": _("その時刻はありません。もう一度お書きください。"),
        "unknown": _("時刻が読み取れませんでした。14:00や午後2時のように、お書きください。"),
    }

    def read(self, typed: str) -> time:
        return written.clock(typed)
