"""Staff's pages: the counter's twin of the check, and official messages from draft to withdrawal."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from daremo.kernel.errors import DaremoError
from daremo.trust.notices.code import shown
from daremo.trust.notices.register import CODE_LABEL
from daremo.web import clock
from daremo.web.apps.genuine import asking, said, services
from daremo.web.apps.genuine.forms import AnnouncementForm, AskForm, SlipForm, SpeakerForm
from daremo.web.apps.genuine.models import Announcement
from daremo.web.apps.genuine.views_public import judged
from daremo.web.apps.staff.access import may, staff_page, visible
from daremo.web.days import day_of
from daremo.web.problems import words
from daremo.web.ui.dates import say_date
from daremo.web.ui.pieces import Fact

SHOWN = 200


@staff_page("official.check", methods=["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Judge for somebody at the counter or on the telephone, or open what she was answered by its number."""
    form, slip_form = AskForm(), SlipForm()
    told: said.Told | None = None
    if request.method == "POST" and "number" in request.POST:
        slip_form = SlipForm(request.POST)
        if slip_form.is_valid():
            slip = asking.open_slip(request.act, slip_form.cleaned_data["number"])  # type: ignore[attr-defined]
            if slip is None:
                slip_form.add_error("number", str(_("その番号はありません。番号は1日で消えます。")))
            else:
                told = said.told_again(slip)
    elif request.method == "POST":
        form = AskForm(request.POST, request.FILES)
        if form.is_valid() and (answer := judged(request, form)) is not None:
            told = said.told(answer)
    kept = form if told is None else AskForm()
    return render(
        request,
        "genuine/desk.html",
        {
            "form": kept,
            "slip_form": slip_form,
            "forms": [kept, slip_form],
            "told": told,
            "staff": True,
            "phone": asking.city_phone(),
            "say": _SAY.get(told.verdict, "") if told else "",
        },
    )


_SAY = {
    "official": _("「市が出したものでした。市の文を、いっしょに読みましょう。」"),
    "altered": _(
        "「市のものではありません。押さずに、そのままにしてください。もう押していても、だいじょうぶです。順にやりましょう。」"
    ),
    "unknown": _("「まだわかりません。何もせずに、少しお待ちください。こちらで確かめて、お電話します。」"),
}


@staff_page("official.see")
def announcements(request: HttpRequest) -> HttpResponse:
    """List official messages with their state."""
    state = request.GET.get("state", "")
    rows = visible(request, Announcement.objects.select_related("written_by", "released_by")).order_by("-pk")
    if state in Announcement.State.values:
        rows = rows.filter(state=state)
    return render(
        request,
        "genuine/announcements.html",
        {
            "rows": rows[:SHOWN],
            "states": Announcement.State.choices,
            "state": state,
            "may_edit": may(request, "official.edit"),
            "may_speak": may(request, "official.speaker"),
            "today": day_of(clock.now()),
            "waiting": rows.filter(state="ready").count(),
        },
    )


@staff_page("official.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Write a draft."""
    form = AnnouncementForm(request.POST or None, initial={"kind": "sms"})
    if request.method == "POST" and form.is_valid():
        organisation = request.membership.organisation  # type: ignore[attr-defined]
        try:
            made = services.draft(request.act, organisation, request.user.pk, form.cleaned_data)  # type: ignore[attr-defined,arg-type]
            return redirect("genuine:announcement", announcement_id=made.pk)
        except DaremoError as error:
            _beside(form, error, request)
    return render(request, "genuine/write.html", {"form": form, "row": None})


@staff_page("official.edit", of={"announcement_id": "genuine.announcement"})
def edit(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Change a draft; whoever changes it becomes its writer."""
    row = _row(request, "draft", "ready")
    first = {name: getattr(row, name) for name in services.FIELDS}
    first |= {name: getattr(row, name).isoformat() for name in ("valid_from", "valid_until")}
    form = AnnouncementForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            services.rewrite(request.act, row, request.user.pk, form.cleaned_data)  # type: ignore[attr-defined,arg-type]
            return redirect("genuine:announcement", announcement_id=row.pk)
        except DaremoError as error:
            _beside(form, error, request)
    return render(request, "genuine/write.html", {"form": form, "row": row})


@staff_page("official.see", of={"announcement_id": "genuine.announcement"})
def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Show a message: its state, the words that go out, what may be done next."""
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    mine = row.written_by_id == request.user.pk
    return render(
        request,
        "genuine/announcement.html",
        {
            "row": row,
            "facts": _facts(row),
            "sent": _sent(row),
            "may_edit": may(request, "official.edit"),
            "may_release": may(request, "official.release") and not mine,
            "mine": mine,
            "told": request.session.pop("genuine_told", ""),
        },
    )


@staff_page("official.see", of={"announcement_id": "genuine.announcement"})
def sheet(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Print the code and the QR of a message that is out."""
    row = _row(request, "released", "withdrawn")
    prefix = f"HTTPS://{request.get_host().upper()}/G/"
    try:
        payload = services.payload(request.act, row, prefix)  # type: ignore[attr-defined]
    except DaremoError as error:
        return _back(request, row, error)
    return render(
        request,
        "genuine/sheet.html",
        {"row": row, "payload": payload, "code": shown(row.code or ""), "sent": _sent(row)},
    )


@staff_page("official.edit", of={"announcement_id": "genuine.announcement"}, methods=["POST"])
def hand_in(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Ask a colleague to look."""
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    return _do(request, row, lambda: services.hand_in(request.act, row))  # type: ignore[attr-defined]


@staff_page("official.release", of={"announcement_id": "genuine.announcement"}, step_up=True)
def release(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Look once more, then release what somebody else wrote."""
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    if request.method == "POST":
        return _do(request, row, lambda: services.release(request.act, row, request.user.pk))  # type: ignore[attr-defined,arg-type]
    if row.state != Announcement.State.READY:
        return redirect("genuine:announcement", announcement_id=row.pk)
    ask, press = _("この文を、市のお知らせとして出しますか"), _("確かめた。出す")
    return _confirm(
        request, row, str(ask), str(press), str(_("出したあとは、文を変えられません。取り消しはできます。"))
    )


@staff_page("official.edit", of={"announcement_id": "genuine.announcement"})
def withdraw(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Take a message back, after asking once more."""
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    if request.method == "POST":
        return _do(request, row, lambda: services.withdraw(request.act, row))  # type: ignore[attr-defined]
    if row.state != Announcement.State.RELEASED:
        return redirect("genuine:announcement", announcement_id=row.pk)
    ask, press = _("このお知らせを取り消しますか"), _("取り消す")
    return _confirm(request, row, str(ask), str(press), str(_("調べた人には「取り消したお知らせ」と出ます。")))


@staff_page("official.edit", of={"announcement_id": "genuine.announcement"})
def discard(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Throw a draft away, after asking once more."""
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            services.discard(request.act, row)  # type: ignore[attr-defined]
        except DaremoError as error:
            return _back(request, row, error)
        return redirect("genuine:announcements")
    if row.state not in (Announcement.State.DRAFT, Announcement.State.READY):
        return redirect("genuine:announcement", announcement_id=row.pk)
    return _confirm(request, row, str(_("この下書きを捨てますか")), str(_("捨てる")), "")


@staff_page("official.speaker", step_up=True)
def speaker(request: HttpRequest) -> HttpResponse:
    """Say which sites, numbers and mail domains are the city's own."""
    row = services.speaker()
    names = ("name", "phone", "domains", "links", "numbers", "mail_domains", "mail_records")
    form = SpeakerForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            services.set_speaker(request.act, **form.cleaned_data)  # type: ignore[attr-defined]
            return redirect("genuine:announcements")
        except DaremoError as error:
            field = error.where if error.where in names else "name"
            form.add_error(field, " ".join(words(error, request.LANGUAGE_CODE)))
    return render(request, "genuine/speaker.html", {"form": form})


def _row(request: HttpRequest, *states: str) -> Announcement:
    row: Announcement = request.rows["announcement_id"]  # type: ignore[attr-defined]
    if row.state not in states:
        raise Http404
    return row


def _do(request: HttpRequest, row: Announcement, what: Any) -> HttpResponse:
    try:
        what()
    except DaremoError as error:
        return _back(request, row, error)
    return redirect("genuine:announcement", announcement_id=row.pk)


def _back(request: HttpRequest, row: Announcement, error: DaremoError) -> HttpResponse:
    what, fix = words(error, request.LANGUAGE_CODE)
    request.session["genuine_told"] = f"{what}。{fix}"
    return redirect("genuine:announcement", announcement_id=row.pk)


def _confirm(request: HttpRequest, row: Announcement, ask: str, press: str, more: str) -> HttpResponse:
    told = {"row": row, "ask": ask, "press": press, "more": more, "sent": _sent(row), "facts": _facts(row)}
    return render(request, "genuine/confirm.html", told)


def _beside(form: AnnouncementForm, error: DaremoError, request: HttpRequest) -> None:
    """Put a refusal beside the field it is about."""
    field, _space, value = error.where.partition(" ")
    said_words = " ".join(words(error, request.LANGUAGE_CODE))
    form.add_error(field if field in form.fields else "text", f"{said_words}（{value}）" if value else said_words)


def _facts(row: Announcement) -> list[Fact]:
    facts = [
        Fact(str(_("いま")), row.get_state_display()),
        Fact(str(_("何で")), row.get_kind_display()),
        Fact(str(_("出す課")), row.department or "—"),
        Fact(str(_("期間")), f"{say_date(row.valid_from)}〜{say_date(row.valid_until)}"),
        Fact(str(_("書いた人")), row.written_by.get_full_name() or row.written_by.get_username()),
    ]
    if row.released_by is not None and row.released_at is not None:
        name = row.released_by.get_full_name() or row.released_by.get_username()
        facts.append(Fact(str(_("出した人")), name, small=say_date(row.released_at)))
        facts.append(
            Fact(
                str(_("コード")), shown(row.code or ""), small=str(_("公開の記録 {n}")).format(n=row.record), code=True
            )
        )
    return facts


def _sent(row: Announcement) -> str:
    """The words that go out, with the code below them once there is one."""
    return f"{row.text}\n{CODE_LABEL} {shown(row.code)}" if row.code else row.text
