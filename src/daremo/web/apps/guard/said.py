"""Codes of the guard in words."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from daremo.trust.problems import words


def policy_word(policy: str, enforced: bool) -> str:
    """Say what happens to forged mail."""
    if policy == "reject" and enforced:
        return _("受け取られない（reject）")
    if policy == "quarantine" and enforced:
        return _("迷惑メールに入る（quarantine）")
    if policy in ("quarantine", "reject"):
        return _("ためしている途中")
    return _("集めるだけ（none）") if policy == "none" else _("決まりがない")


def step_word(step: str) -> str:
    """Say the next step in a few words."""
    return {
        "publish-parked": _("rejectを公開する"),
        "fix-dmarc": _("記録を直す"),
        "publish-none": _("報告を集め始める"),
        "ask-reports": _("報告の宛先を加える"),
        "wait-reports": _("報告を待つ"),
        "repair-senders": _("送り元を直す"),
        "answers-needed": _("DNSの記録を渡す"),
        "go-quarantine": _("quarantineに進む"),
        "finish-quarantine": _("quarantineを本番にする"),
        "go-reject": _("rejectに進む"),
        "finish-reject": _("rejectを本番にする"),
        "cover-subdomains": _("サブドメインも守る"),
        "keep": _("このまま続ける"),
    }.get(step, step)


def finding_word(state: str) -> str:
    """Say how a mechanism stands."""
    return {"good": _("できている"), "improve": _("もう少し"), "bad": _("直す"), "unknown": _("わからない")}.get(
        state, state
    )


def sender_word(kind: str) -> str:
    """Say who a sender seems to be."""
    return {
        "ok": _("自分のもの・合格"),
        "own-broken": _("自分のもの・未設定"),
        "ask": _("自分のものか、確かめる"),
        "forwarded": _("転送"),
        "forged": _("なりすまし"),
    }.get(kind, kind)


def reason_words(reasons: Iterable[str]) -> list[str]:
    """Say why tightening is not safe yet."""
    told = {
        "few-days": _("報告が、まだ14日分ありません。"),
        "no-mail": _("自分のメールが、報告に出ていません。"),
        "own-lost": _("失うかもしれない自分のメールがあります。"),
    }
    return [told[one] for one in reasons if one in told]


def report_word(code: str) -> str:
    """Say why a report was not used."""
    try:
        return words(code)[0]
    except StopIteration:
        return code
