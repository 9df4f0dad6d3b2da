"""Names of columns as a resident reads them on the paper with everything that is kept about her."""

from __future__ import annotations

from typing import Any

WORDS = {
    "ref": "番号（機械用）", "organisation": "団体", "birth_year": "生まれた年", "life_stage": "年代", "area": "地区", "needs": "お願い",
    "language": "ことば", "device": "使っているもの", "first_seen": "はじめての日", "merged_into": "まとめ先", "name": "お名前", "kana": "読み",
    "phone": "電話", "email": "メール", "postcode": "郵便番号", "address": "住所", "note": "メモ", "prefers": "お知らせのしかた",
    "keep_until": "連絡先を残す期限", "person": "本人の番号", "helper": "手伝う人の番号", "kind": "種類", "purpose": "目的",
    "text_version": "文の版", "channel": "受けかた", "evidence_sha256": "証拠のしるし", "given_at": "同意した日時", "until": "期限",
    "withdrawn_at": "取り消した日時", "number": "予約番号", "by": "申しこんだ人", "topic": "用件", "remind_by": "お知らせのしかた",
    "consent_read_back": "読み上げの確認", "made_at": "申しこんだ日時", "reservation": "申しこみの番号", "session": "回の番号", "seat": "席の番号",
    "state": "いま", "held_until": "取り置きの期限", "cancelled_by": "取りやめた人", "changed_at": "変わった日時", "arrived_at": "来た日時",
    "offer": "メニュー", "point": "場所", "need_class": "必要度", "seats": "人数", "since": "いつから", "booking": "予約の行", "offer_until": "返事の期限",
    "best_time": "よい時間", "due": "予定の日", "tries": "かけた回数", "words": "言葉", "met_on": "できた日", "ticket": "整理券", "supporter": "担当",
    "mode": "どこで", "started": "はじまり", "minutes": "分", "topics": "やったこと", "alone_before": "前はどこまで", "alone_after": "どこまでできたか",
    "next_step": "つぎ", "goal": "目あて", "headcount": "人数", "supersedes": "直す前の記録", "visit": "記録の番号", "to": "案内した先", "result": "結果",
    "pretends": "名のり", "loss_yen": "払った金額（円）", "at": "日時", "days": "何日後", "code": "返事の番号", "followup": "質問の番号",
    "alone": "いま、どこまで", "still_doing": "つづけているか", "missing": "足りないもの", "answered_at": "答えた日時", "evidence": "確かめかた",
    "witness": "立ち会った職員の番号", "revoked_at": "取り消した日時", "procedure": "手続き", "mandate": "委任の番号", "occasion": "用",
    "failure": "送れなかったわけ", "sent_at": "送った日時", "told": "伝えた言葉", "user": "職員の番号", "page": "見たページ", "what": "したこと", "why": "わけ",
}  # fmt: skip


def in_words(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return the tables with columns named in Japanese, yes and no for truth values, lists joined."""
    return {
        kind: [{WORDS.get(k, k): _said(v) for k, v in row.items()} for row in rows] for kind, rows in tables.items()
    }


def _said(value: Any) -> Any:
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    return "・".join(map(str, value)) if isinstance(value, list) else value
