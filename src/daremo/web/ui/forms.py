"""What a component needs of a Django form field: its words, its ids, its answers."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm, BoundField, CheckboxSelectMultiple, HiddenInput, RadioSelect
from django.utils.safestring import SafeString

from daremo.web.ui.text import to_plain


def _answers_in_a_group(bound: BoundField) -> bool:
    return isinstance(bound.field.widget, (RadioSelect, CheckboxSelectMultiple))


def _target(bound: BoundField) -> str:
    """Id that a link to the field must name: of a group, its first answer."""
    base = str(bound.auto_id or bound.html_name)
    return f"{base}_0" if _answers_in_a_group(bound) else base


def problems_of(form: BaseForm) -> list[dict[str, str]]:
    """Every problem of a bound form in the order of its fields: ``{"to": id or "", "text": …}``."""
    if not form.is_bound:
        return []
    found = [{"to": "", "text": str(e)} for e in form.non_field_errors()]
    for name in form.fields:
        bound = form[name]
        to = "" if isinstance(bound.field.widget, HiddenInput) else _target(bound)
        found += [{"to": to, "text": str(error)} for error in bound.errors]
    return found


def asked(bound: BoundField) -> dict[str, Any]:
    """Words, ids and control of one question, tied together for screen readers."""
    base = str(bound.auto_id or bound.html_name)
    hint_id, error_id = f"{base}-hint", f"{base}-error"
    errors = [str(e) for e in bound.errors]
    described = " ".join([*([error_id] if errors else []), *([hint_id] if bound.help_text else [])])
    control: SafeString | str = ""
    if not _answers_in_a_group(bound):
        attrs: dict[str, Any] = {"aria-describedby": described} if described else {}
        if errors:
            attrs["aria-invalid"] = "true"
        control = bound.as_widget(attrs=attrs)
    return {
        "bound": bound,
        "id": base,
        "label": bound.label,
        "plain_label": to_plain(bound.label),
        "hint": bound.help_text,
        "hint_id": hint_id,
        "errors": errors,
        "error_id": error_id,
        "described": described,
        "control": control,
        "optional": not bound.field.required,
    }


def choices_of(bound: BoundField) -> dict[str, Any]:
    """The answers of a group. A form field may carry ``hints`` and ``pictures``, each by value of the answer."""
    widget = bound.field.widget
    hints = getattr(bound.field, "hints", {})
    pictures = getattr(bound.field, "pictures", {})
    answers = []
    for option in bound.subwidgets:
        data = option.data
        value = str(data["value"])
        answers.append(
            {
                "id": data["attrs"].get("id", ""),
                "name": data["name"],
                "value": value,
                "label": data["label"],
                "checked": bool(data["selected"]),
                "hint": hints.get(value, ""),
                "picture": pictures.get(value, ""),
            }
        )
    return {"answers": answers, "kind": "checkbox" if isinstance(widget, CheckboxSelectMultiple) else "radio"}
