"""Take a mandate in under two minutes, use it, take it back; the person gets every use on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.mandates import services as mandates
from daremo.web.apps.mandates.models import Mandate, MandateScope
from daremo.web.apps.people import services as people
from daremo.web.apps.staff.access import staff_page, visible
from daremo.web.ui.dates import say_date
from daremo.web.ui.fields import DateField
from daremo.web.ui.pieces import Fact, Table

PROCEDURES = (
    "マイナポータルの申請",
    "病院の予約",
    "公営住宅の申込み",
    "税の申告（e-Tax）",
    "年金の手続き",
    "給付金の申請",
    "施設の予約",
    "水道・電気の手続き",
)


class MandateForm(forms.Form):
    """For which procedures, until when, proven how."""

    procedures = forms.MultipleChoiceField(
        label=_("預かる手続き"),
        choices=[(p, p) for p in PROCEDURES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    other = forms.CharField(label=_("ほかの手続き"), required=False, max_length=60)
    until = DateField(
        label=_("いつまで"),
        help_text=_("1年以内。例：令和9年3月31日"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    evidence = forms.ChoiceField(
        label=_("確かめかた"),
        choices=Mandate.Evidence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("ひとつ選んでください。")},
    )

    def named(self) -> list[str]:
        """Return all procedures that were named."""
        other = self.cleaned_data.get("other", "").strip()
        return [*self.cleaned_data["procedures"], *([other] if other else [])]


class ProofForm(forms.Form):
    """The evidence: what the person signed or said."""

    said = forms.CharField(
        label=_("本人が言ったこと、または署名した紙の番号"),
        help_text=_("例：「病院の予約をお願いします」と本人が言った。番号や病名は書かないでください。"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    witness: Any = forms.ModelChoiceField(label=_("立ち会った職員（電話のとき）"), queryset=None, required=False)

    def __init__(self, *args: Any, organisations: list[int], me: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = apps.get_model("staff", "User")._default_manager
        self.fields["witness"].queryset = (  # type: ignore[attr-defined]
            users.filter(memberships__organisation__in=organisations, is_active=True).exclude(pk=me).distinct()
        )


def _person(request: HttpRequest, person_id: int, why: str) -> Any:
    rows = apps.get_model("people", "Person")._default_manager.select_related("area")
    found = get_object_or_404(visible(request, rows), pk=person_id)
    people.looked(request.act, request.user, found, "委任", why)  # type: ignore[attr-defined,arg-type]
    return found


def _mandate(request: HttpRequest, mandate_id: int, why: str) -> Mandate:
    found: Mandate = get_object_or_404(
        visible(request, Mandate.objects.select_related("person", "organisation")), pk=mandate_id
    )
    people.looked(request.act, request.user, found.person, "委任", why)  # type: ignore[attr-defined,arg-type]
    return found


def _name(person: Any) -> str:
    contact = people.contact_of(person)
    return f"{contact.name} さん" if contact else "（お名前なし）"


@staff_page("mandates.edit", of={"person_id": "people.person"})
@never_cache
def new(request: HttpRequest, person_id: int) -> HttpResponse:
    """Prepare a mandate."""
    person = _person(request, person_id, "新しい委任")
    form = MandateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organisation, told = request.membership.organisation, form.cleaned_data  # type: ignore[attr-defined]
            made = mandates.propose(
                request.act,  # type: ignore[attr-defined]
                person,
                organisation,
                form.named(),
                told["until"],
                told["evidence"],
            )
            return redirect("mandates:mandate", mandate_id=made.pk)
        except DaremoError as error:
            form.add_error("until", f"{error.message}。{error.fix}")
    return render(
        request,
        "mandates/new.html",
        {"form": form, "person": person, "name": _name(person), "half_year": clock.now() + timedelta(days=182)},
    )


@staff_page("mandates.see", of={"mandate_id": "mandates.mandate"})
@never_cache
def mandate(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Show a mandate: what it allows, until when, each use."""
    row = _mandate(request, mandate_id, "委任を見る")
    scopes = [
        {"row": s, "uses": list(s.uses.select_related("user").order_by("ordinal")), "broken": mandates.broken_links(s)}
        for s in row.scopes.order_by("id")
    ]
    facts = [
        Fact(str(_("だれの")), _name(row.person)),
        Fact(str(_("だれに")), row.organisation.name),
        Fact(str(_("いつまで")), say_date(row.until)),
        Fact(str(_("確かめかた")), row.get_evidence_display()),
        Fact(str(_("いま")), row.get_state_display()),
    ]
    form = ProofForm(organisations=request.organisation_ids, me=request.user.pk) if row.state == "proposed" else None  # type: ignore[attr-defined,arg-type]
    return render(
        request,
        "mandates/mandate.html",
        {
            "mandate": row,
            "facts": facts,
            "scopes": scopes,
            "form": form,
            "told": request.session.pop("mandate_told", ""),
        },
    )


@staff_page("mandates.edit", of={"mandate_id": "mandates.mandate"}, methods=["POST"])
def prove(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Put the evidence in; from now on the mandate may be used."""
    row = _mandate(request, mandate_id, "委任の証拠")
    form = ProofForm(request.POST, organisations=request.organisation_ids, me=request.user.pk)  # type: ignore[attr-defined,arg-type]
    if form.is_valid():
        try:
            told = form.cleaned_data
            mandates.prove(
                request.act,  # type: ignore[attr-defined]
                row,
                told["said"].encode(),
                made_by=request.user,  # type: ignore[arg-type]
                witness=told["witness"],
            )
        except DaremoError as error:
            request.session["mandate_told"] = f"{error.message}。{error.fix}"
    else:
        request.session["mandate_told"] = str(_("本人が言ったことを書いてください。"))
    return redirect("mandates:mandate", mandate_id=row.pk)


@staff_page("mandates.edit", of={"mandate_id": "mandates.mandate"}, methods=["POST"])
def revoke(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Take the whole mandate back, at once."""
    row = _mandate(request, mandate_id, "委任の取り消し")
    try:
        mandates.revoke(request.act, row)  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["mandate_told"] = f"{error.message}。{error.fix}"
    return redirect("mandates:mandate", mandate_id=row.pk)


def _scope(request: HttpRequest, scope_id: int, why: str) -> MandateScope:
    found: MandateScope = get_object_or_404(
        visible(request, MandateScope.objects.select_related("mandate__person", "mandate__organisation")), pk=scope_id
    )
    people.looked(request.act, request.user, found.mandate.person, "委任", why)  # type: ignore[attr-defined,arg-type]
    return found


@staff_page("mandates.edit", of={"scope_id": "mandates.mandatescope"}, methods=["POST"])
def revoke_scope(request: HttpRequest, scope_id: int) -> HttpResponse:
    """Take one procedure back."""
    scope = _scope(request, scope_id, "手続きの取り消し")
    try:
        mandates.revoke_scope(request.act, scope)  # type: ignore[attr-defined]
    except DaremoError as error:
        request.session["mandate_told"] = f"{error.message}。{error.fix}"
    return redirect("mandates:mandate", mandate_id=scope.mandate_id)


@staff_page("mandates.edit", of={"scope_id": "mandates.mandatescope"}, methods=["POST"])
def use(request: HttpRequest, scope_id: int) -> HttpResponse:
    """Write down what was done for the person; refused when the mandate does not stand."""
    scope = _scope(request, scope_id, "委任を使う")
    try:
        mandates.use(
            request.act,  # type: ignore[attr-defined]
            scope.mandate.person,
            scope.mandate.organisation,
            scope.procedure,
            user=request.user,  # type: ignore[arg-type]
            what=request.POST.get("what", "")[:40] or scope.procedure[:40],
        )
    except DaremoError as error:
        request.session["mandate_told"] = f"{error.message}。{error.fix}"
    return redirect("mandates:mandate", mandate_id=scope.mandate_id)


@staff_page("mandates.see", of={"person_id": "people.person"})
@never_cache
def statement(request: HttpRequest, person_id: int) -> HttpResponse:
    """Print every use of the person's mandates for her."""
    person = _person(request, person_id, "使った記録の写し")
    rows = [(say_date(line.at), line.organisation, line.procedure, line.what) for line in mandates.statement(person)]
    table = Table(
        "おまかせの手続きで行ったこと", [("日", False), ("団体", False), ("手続き", False), ("したこと", False)], rows
    )
    return render(
        request,
        "mandates/statement.html",
        {"name": _name(person), "table": table, "now": clock.now(), "person": person},
    )


@staff_page("mandates.see", of={"mandate_id": "mandates.mandate"})
@never_cache
def paper(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """The paper to sign, or the copy to keep."""
    row = _mandate(request, mandate_id, "委任の紙")
    return render(
        request,
        "mandates/paper.html",
        {
            "mandate": row,
            "name": _name(row.person),
            "procedures": [s.procedure for s in row.scopes.order_by("id")],
            "now": clock.now(),
        },
    )
