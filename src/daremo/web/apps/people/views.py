"""Find a person, see what is known, print it for her, erase how she is reached, make two rows one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.people import services as people
from daremo.web.apps.people.models import LifeStage, Person
from daremo.web.apps.people.said import in_words
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.apps.visits import services as visits
from daremo.web.ui.fields import KanaField, NameField, PhoneField
from daremo.web.ui.pieces import Fact, Link
from daremo.web.vocabulary import topics


class PersonForm(forms.Form):
    """What staff may change of a person."""

    name = NameField(label=_("お名前"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kana = KanaField(
        label=_("読み"), required=False, max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    phone = PhoneField(
        label=_("電話番号"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    )
    email = forms.EmailField(label=_("メール"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    address = forms.CharField(label=_("住所"), required=False, max_length=200)
    prefers = forms.ChoiceField(
        label=_("お知らせのしかた"),
        choices=(
            ("phone", _("電話")),
            ("sms", "SMS"),
            ("email", _("メール")),
            ("letter", _("手紙")),
            ("none", _("なし")),
        ),
        widget=forms.RadioSelect,
    )
    birth_year = forms.IntegerField(label=_("生まれた年（西暦）"), required=False, min_value=1900, max_value=2030)
    area: Any = forms.ModelChoiceField(label=_("地区"), queryset=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = apps.get_model("places", "Area")._default_manager.order_by("kana", "name")  # type: ignore[attr-defined]


def _one(request: HttpRequest, person_id: int, why: str) -> Person:
    """Return a person of the own organisation; that she was looked at is written down."""
    found: Person = get_object_or_404(
        visible(request, Person.objects.select_related("area", "merged_into")), pk=person_id
    )
    people.looked(request.act, request.user, found, "利用者", why)  # type: ignore[attr-defined,arg-type]
    return found


@staff_page("people.see", post="people.edit")
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Find persons by name, kana, telephone or booking number; asked by POST, so that nothing stands in an address."""
    text = request.POST.get("who", "")[:80]
    found = people.find_people(request.organisation_ids, text) if text else []  # type: ignore[attr-defined]
    seen = set(
        visible(request, Person.objects.filter(pk__in=[f.person.pk for f in found])).values_list("pk", flat=True)
    )
    return render(
        request,
        "people/search.html",
        {"text": text, "found": [f for f in found if f.person.pk in seen], "asked": bool(text)},
    )


@staff_page("people.see", of={"person_id": "people.person"})
@never_cache
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show what is known of a person and what can be done."""
    row = _one(request, person_id, "一人のページ")
    contact = people.contact_of(row)
    told = visits.so_far(row)
    facts = [
        Fact(str(_("お名前")), contact.name if contact else _("（消しました）"), small=contact.kana if contact else ""),
        Fact(str(_("電話")), contact.phone if contact else "", small=contact.get_prefers_display() if contact else ""),
        Fact(str(_("地区")), row.area.name if row.area else ""),
        Fact(str(_("年代")), LifeStage(row.life_stage).label),
        Fact(str(_("目あて")), (told.goal.words or topics()[told.goal.topic].ja) if told.goal else ""),
        Fact(str(_("相談")), _("{n}回").format(n=told.visits)),
    ]
    return render(
        request,
        "people/person.html",
        {
            "person": row,
            "name": contact.name if contact else _("お名前なし"),
            "facts": [fact for fact in facts if str(fact.value)],
            "links": _links(request, row),
            "can_edit": may(request, "people.edit"),
            "can_book": may(request, "desk.use"),
            "now": clock.now(),
            "bookings": row.bookings.select_related("session__point", "session__offer").order_by("-session__starts")[
                :20
            ],
            "visits": row.visits.filter(state="closed").select_related("point", "supporter").order_by("-started")[:20],
            "mandates": row.mandates.select_related("organisation").order_by("-since")[:20],
            "merged": row.merged.all(),
            "topics": [(code, word.ja) for code, word in topics().items()],
            "contact": contact,
        },
    )


def _links(request: HttpRequest, row: Person) -> list[Link]:
    """Return what this role may do with a person."""
    todo = (
        ("people.edit", "people:edit", _("変える"), "settings"),
        ("people.export", "people:printed", _("本人にわたす写し"), "print"),
        ("mandates.edit", "mandates:new", _("手続きを預かる"), "paper"),
        ("skills.see", "skills:person", _("力だめし"), "ok"),
        ("badges.edit", "genuine:attest", _("受講のバッジ"), "ok"),
        ("people.merge", "people:merge", _("同じ人をまとめる"), "people"),
        ("people.erase", "people:erase", _("連絡先を消す"), "no"),
    )
    return [
        Link(reverse(view, args=[row.pk]), str(text), icon) for name, view, text, icon in todo if may(request, name)
    ]


@staff_page("people.edit", of={"person_id": "people.person"})
@never_cache
def edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change name, ways to reach, birth year and area."""
    row = _one(request, person_id, "変更")
    contact = people.contact_of(row)
    initial = {"birth_year": row.birth_year, "area": row.area, "prefers": "phone"}
    if contact is not None:
        initial |= {name: getattr(contact, name) for name in ("name", "kana", "phone", "email", "address", "prefers")}
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            act = request.act  # type: ignore[attr-defined]
            ways = {k: told[k] or "" for k in ("name", "kana", "phone", "email", "address", "prefers")}
            people.set_contact(act, row, **ways)
            people.set_person(act, row, birth_year=told["birth_year"], area=told["area"])
            return redirect("people:person", person_id=row.pk)
        except DaremoError as error:
            form.add_error(None, f"{error.message}。{error.fix}")
    return render(request, "people/edit.html", {"person": row, "form": form})


@staff_page("people.edit", of={"person_id": "people.person"}, methods=["POST"])
def goal(request: HttpRequest, person_id: int) -> HttpResponse:
    """Set what the person wants to do."""
    row = _one(request, person_id, "目あて")
    topic = request.POST.get("topic", "")
    if topic in topics():
        visits.aim(request.act, row, topic, request.POST.get("words", "")[:120])  # type: ignore[attr-defined]
    return redirect("people:person", person_id=row.pk)


@staff_page("people.export", of={"person_id": "people.person"}, step_up=True, methods=["GET", "HEAD"])
@never_cache
def printed(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show everything that is kept about a person, to be printed and handed over."""
    row = _one(request, person_id, "本人への写し")
    return render(
        request, "people/printed.html", {"person": row, "tables": in_words(people.everything(row)), "now": clock.now()}
    )


@staff_page("people.export", of={"person_id": "people.person"}, step_up=True, methods=["GET", "HEAD"])
@never_cache
def exported(request: HttpRequest, person_id: int) -> HttpResponse:
    """Return the same as a file."""
    row = _one(request, person_id, "本人への写し（ファイル）")
    answer = JsonResponse(people.everything(row), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="person-{row.ref}.json"'
    return answer


@staff_page("people.erase", of={"person_id": "people.person"}, step_up=True)
@never_cache
def erase(request: HttpRequest, person_id: int) -> HttpResponse:
    """Ask once more, then erase name, telephone, address and every free word; what was counted stays."""
    row = _one(request, person_id, "連絡先を消す")
    if request.method == "POST":
        people.erase_contact(request.act, row)  # type: ignore[attr-defined]
        return redirect("people:person", person_id=row.pk)
    return render(request, "people/erase.html", {"person": row, "contact": people.contact_of(row)})


@staff_page("people.merge", of={"person_id": "people.person"})
@never_cache
def merge(request: HttpRequest, person_id: int) -> HttpResponse:
    """Choose the second row of the same person; it can be undone."""
    row = _one(request, person_id, "同じ人をまとめる")
    problem: DaremoError | None = None
    other = request.POST.get("other", "")
    if request.method == "POST" and other.isdigit():
        gone = _one(request, int(other), "同じ人をまとめる")
        try:
            people.merge(request.act, row, gone)  # type: ignore[attr-defined]
            return redirect("people:person", person_id=row.pk)
        except DaremoError as error:
            problem = error
    text = request.POST.get("who", "") or (people.contact_of(row).name if people.contact_of(row) else "")  # type: ignore[union-attr]
    found = [f for f in people.find_people(request.organisation_ids, text) if f.person.pk != row.pk]  # type: ignore[attr-defined]
    return render(
        request,
        "people/merge.html",
        {"person": row, "found": found, "text": text, "problem": problem, "has_errors": bool(problem)},
    )


@staff_page("people.merge", of={"person_id": "people.person"}, methods=["POST"])
def unmerge(request: HttpRequest, person_id: int) -> HttpResponse:
    """Make a merged row a person of its own again."""
    row = _one(request, person_id, "まとめた人をもどす")
    kept = row.merged_into_id
    if kept is not None:
        people.unmerge(request.act, row)  # type: ignore[attr-defined]
    return redirect("people:person", person_id=kept or row.pk)
