"""Pages for everybody: is this genuine, the log, the keys, the snapshot. Nothing that is pasted is kept."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from daremo.kernel.errors import DaremoError
from daremo.trust.log import note as notes
from daremo.trust.log.merkle import leaf_hash
from daremo.trust.notices.code import read_code, shown
from daremo.trust.notices.lookup import prefix_length
from daremo.web.apps.genuine import asking, badges, keys, ledger, registry, said, services, stamping
from daremo.web.apps.genuine.forms import AskForm
from daremo.web.apps.genuine.models import Key, Leaf
from daremo.web.apps.journal.act import Act
from daremo.web.apps.staff.access import public_page
from daremo.web.problems import words

#: Checkpoints on the page of the log; earlier ones have their own address.
SHOWN = 10


def _act(request: HttpRequest) -> Act:
    found: Act = request.act  # type: ignore[attr-defined]
    return found


@public_page
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """Judge what somebody received; the answer stands on the same page and nothing of it is stored."""
    form = AskForm(request.POST, request.FILES) if request.method == "POST" else AskForm()
    told: said.Told | None = None
    number = ""
    if request.method == "POST" and form.is_valid():
        answer = judged(request, form)
        if answer is not None:
            told = said.told(answer)
            number = asking.slip(_act(request), answer) if answer.verdict != "official" else ""
    # an answer is read before a new question is asked: what was pasted is not shown again
    shown_form = AskForm() if told is not None else form
    return render(
        request,
        "genuine/check.html",
        {"form": shown_form, "told": told, "number": number, "phone": asking.city_phone()},
    )


def judged(request: HttpRequest, form: AskForm) -> asking.Answer | None:
    """Return the answer to a form; a file that cannot be read is said beside its field."""
    act, file = _act(request), form.cleaned_data.get("file")
    try:
        if file and not form.cleaned_data["text"].strip():
            return asking.ask_file(act, file.name or "", file.read(asking.MOST_FILE_BYTES + 1))
        return asking.ask(act, form.cleaned_data["text"])
    except DaremoError as error:
        form.add_error("file", " ".join(words(error, request.LANGUAGE_CODE)))
        return None


@public_page
@never_cache
def code(request: HttpRequest, code: str) -> HttpResponse:
    """Show the official message of a code."""
    known = read_code(code)
    answer = asking.ask(_act(request), shown(known)) if known else None
    if answer is None:
        raise Http404
    return _shown(request, answer)


@public_page
@never_cache
def qr(request: HttpRequest, payload: str) -> HttpResponse:
    """Show the official message of a QR that a camera opened."""
    return _shown(request, asking.ask(_act(request), payload))


def _shown(request: HttpRequest, answer: asking.Answer) -> HttpResponse:
    told = said.told(answer)
    number = asking.slip(_act(request), answer) if answer.verdict != "official" else ""
    return render(request, "genuine/one.html", {"told": told, "number": number, "phone": asking.city_phone()})


@public_page
@never_cache
def log(request: HttpRequest) -> HttpResponse:
    """Show the log's signed state, and one record or the proof of growth on request."""
    note = services.last_checkpoint()
    state = notes.parse(note)[0] if note else None
    asked = request.GET.get("n", "").strip()
    return render(
        request,
        "genuine/log.html",
        {
            "note": note,
            "state": state,
            "size": ledger.head().size,
            "entry": _entry(int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else None,
            "asked": asked,
            "signed": stamping.latest(SHOWN),
            "unstamped": stamping.unstamped() if note else 0,
        },
    )


@public_page
@never_cache
def signed(request: HttpRequest, size: int) -> HttpResponse:
    """Show one checkpoint: its note, who witnessed it, its time-stamps."""
    found = stamping.signed(size) if size < 2**53 else None
    if found is None:
        raise Http404
    return render(request, "genuine/signed.html", {"signed": found, "roots": bool(stamping.root_pem())})


@public_page
@never_cache
def signed_text(request: HttpRequest, size: str, what: str) -> HttpResponse:
    """Give a checkpoint's note, the text that was time-stamped, or the time-stamp, as others' programs take them."""
    found = stamping.signed(int(size))
    token = stamping.token(int(size)) if found is not None else None
    if found is None or (what == "stamp.tsr" and token is None):
        raise Http404
    if what == "stamp.tsr":
        answer = HttpResponse(token, content_type="application/timestamp-reply")
    else:
        text = found.note if what == "note.txt" else notes.parse(found.note)[1]
        answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{int(size)}-{what}"'
    return answer


@public_page
@never_cache
def roots(request: HttpRequest) -> HttpResponse:
    """Give the root certificates with which time-stamps are checked."""
    found = stamping.root_pem()
    if not found:
        raise Http404
    return HttpResponse(found, content_type="application/x-pem-file")


@csrf_exempt  # neighbours' machines post here; only what their keys signed is kept
@public_page
@never_cache
def cosign(request: HttpRequest) -> HttpResponse:
    """Keep the lines of known witnesses below a checkpoint of ours."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if len(request.body) > stamping.MOST_NOTE_BYTES:
        return JsonResponse({"error": "too-large"}, status=413)
    try:
        return JsonResponse({"new": stamping.cosigned(request.body.decode())})
    except (notes.BadNote, UnicodeDecodeError):
        return JsonResponse({"error": "no-checkpoint-of-ours"}, status=400)


@public_page
@never_cache
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Give the log's last signed note as it is."""
    note = services.last_checkpoint()
    if not note:
        raise Http404
    return HttpResponse(note, content_type="text/plain; charset=utf-8")


@public_page
@never_cache
def entry(request: HttpRequest, n: int) -> HttpResponse:
    """Show a record with its inclusion proof."""
    found = _entry(n)
    if found is None:
        raise Http404
    return render(request, "genuine/entry.html", {"entry": found})


@public_page
@never_cache
def entry_json(request: HttpRequest, n: int) -> HttpResponse:
    """Give a record with its inclusion proof as JSON."""
    found = _entry(n)
    if found is None:
        return JsonResponse({"error": "no-such-record"}, status=404)
    return JsonResponse(found)


@public_page
@never_cache
def growth(request: HttpRequest) -> HttpResponse:
    """Give the proof that the log of an earlier size is the beginning of today's."""
    note = services.last_checkpoint()
    asked = request.GET.get("from", "")
    if not note or not (asked.isascii() and asked.isdecimal() and len(asked) < 16):
        return JsonResponse({"error": "from"}, status=400)
    state = notes.parse(note)[0]
    if not 0 < int(asked) <= state.size:
        return JsonResponse({"error": "from", "largest": state.size}, status=400)
    book = ledger.log(state.origin)
    proof = book.prove_growth(int(asked), state.size)
    told = {
        "from": int(asked), "to": state.size, "from_root": book.root(int(asked)).hex(), "to_root": state.root.hex(),
        "proof": [p.hex() for p in proof], "checkpoint": note,
    }  # fmt: skip
    return JsonResponse(told)


@public_page
@never_cache
def show_keys(request: HttpRequest) -> HttpResponse:
    """Show the public keys, their days, and those of witnesses and of the time-stamp authority."""
    told = {
        "keys": Key.objects.order_by("-since", "-pk"), "speaker": services.speaker(),
        "witnesses": stamping.witnesses(), "stamp": stamping.last_stamp(), "roots": bool(stamping.root_pem()),
    }  # fmt: skip
    return render(request, "genuine/keys.html", told)


@public_page
@never_cache
def keys_text(request: HttpRequest) -> HttpResponse:
    """Give the keys that were not revoked, one a line, as ``daremo audit verify --key`` takes them."""
    lines = "".join(f"{k.key}\n" for k in keys.issuer_keys() if not k.revoked)
    return HttpResponse(lines, content_type="text/plain; charset=utf-8")


@public_page
@never_cache
def did(request: HttpRequest) -> HttpResponse:
    """Give the DID document under which badges are verified."""
    if not keys.issuer_keys():
        raise Http404
    return JsonResponse(dict(keys.did_document()))


@public_page
@never_cache
def snapshot(request: HttpRequest) -> HttpResponse:
    """Give the signed file with which ``daremo trust check`` works offline."""
    try:
        data = registry.snapshot(_act(request))
    except DaremoError as error:
        raise Http404 from error
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = 'attachment; filename="notices.snapshot"'
    return answer


@public_page
@never_cache
def lookup(request: HttpRequest) -> HttpResponse:
    """Give the messages whose digests begin with a prefix, so that nobody says which one she holds."""
    book = registry.registry()
    longest = prefix_length(2 * len(book.codes))
    prefix = request.GET.get("prefix", "").lower()
    if len(prefix) > longest or any(c not in "0123456789abcdef" for c in prefix):
        return JsonResponse({"error": "prefix", "longest": longest}, status=400)
    if len(prefix) < longest:
        return JsonResponse({"prefix_length": longest, "notices": len(book.codes)})
    found: dict[str, Any] = {}
    for digest, rows in registry.buckets().answer(prefix).items():
        found[digest] = []
        for row in rows:
            one, proof = book.read(row)
            found[digest].append(one.as_dict() | {"proof": [p.hex() for p in proof]})
    return JsonResponse({"prefix_length": longest, "checkpoint": book.checkpoint, "found": found})


@public_page
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Give the signed list of revoked badges."""
    try:
        return JsonResponse(badges.status_list(_act(request)))
    except DaremoError as error:
        raise Http404 from error


def _entry(n: int) -> dict[str, Any] | None:
    note = services.last_checkpoint()
    row = Leaf.objects.filter(pk=n).first() if note else None
    if row is None:
        return None
    state = notes.parse(note)[0]
    leaf = bytes(row.leaf)
    proof = ledger.log(state.origin).prove(n, state.size) if n < state.size else []
    return {
        "n": n, "leaf": leaf.decode(), "hash": leaf_hash(leaf).hex(), "size": state.size, "root": state.root.hex(),
        "included": n < state.size, "proof": [p.hex() for p in proof], "checkpoint": note,
    }  # fmt: skip
