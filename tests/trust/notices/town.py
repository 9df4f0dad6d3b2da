"""Notices of a made-up town, in many words: names, places, dates, numbers and links drawn by a fixed seed."""

from __future__ import annotations

import hashlib
import random
from functools import cache

from daremo.trust.keys import Fresh, Signer, new_signer
from daremo.trust.log.journal import Journal
from daremo.trust.log.store import Memory
from daremo.trust.notices.model import Entry, Issuer, Notice
from daremo.trust.notices.register import register
from daremo.trust.notices.registry import IssuerKey, Registry

DAY = "2026-11-28"
HOST = "city.mihon.lg.jp"
ISSUER = Issuer(
    "みほん市", "0000-12-3456", (HOST, "mihon-library.jp"), ("https://forms.example.net/mihon/42",),
    ("0000-12-2200", "0000-12-2201", "0120-000-111"), (HOST,),
)  # fmt: skip


def bytes_of(seed: str) -> Fresh:
    count = 0

    def fresh(n: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(n)

    return fresh


SIGNER: Signer = new_signer("city.mihon.lg.jp", bytes_of("issuer"))
THINGS = (
    "健康診断", "インフルエンザの予防接種", "固定資産税の納付", "国民健康保険証の更新", "給付金の申請", "水道工事にともなう断水", "スマートフォン教室",
    "粗大ごみの申し込み", "マイナンバーカードの受け取り", "保育園の入園申し込み", "図書館の休館", "道路工事による通行止め", "避難訓練", "成人式の案内",
    "軽自動車税の口座振替", "介護保険料の通知", "児童手当の現況届", "犬の登録と狂犬病の注射", "市民税の証明書", "子育て相談",
)  # fmt: skip
PLACES = (
    "市役所1階3番窓口",
    "本町コミュニティセンター",
    "港町公民館",
    "中央図書館",
    "保健センター",
    "山中町集会所",
    "北部支所",
    "浜町文化会館",
)
DOINGS = (
    "受付は{d1}から{d2}までです。", "{d1}の{h}時{m}分から{p}で行います。", "申し込みの期限は{d2}です。", "費用は{yen}円です。当日お持ちください。",
    "くわしくは {url} をご覧ください。", "お問い合わせは電話 {tel} へどうぞ。", "対象は{n}歳以上の方です。", "持ち物は通知書と本人を確かめられるものです。",
    "雨のときは{d2}に延ばします。", "暗証番号やカードの番号をお聞きすることはありません。", "手続きは{p}でもできます。", "定員は{n}人で、先着順です。",
    "代理の方が来られるときは委任状がいります。", "すでに手続きをされた方は、このお知らせは不要です。", "ATMの操作をお願いすることはありません。",
)  # fmt: skip


def draft(rng: random.Random) -> Notice:
    """A notice that nobody else has."""
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    values = {
        "d1": f"{month}月{day}日", "d2": f"{month % 12 + 1}月{rng.randint(1, 28)}日", "h": rng.randint(9, 16), "m": rng.choice(("00", "15", "30", "45")),
        "p": rng.choice(PLACES), "yen": f"{rng.randint(1, 99) * 100:,}", "n": rng.randint(6, 90),
        "tel": rng.choice(ISSUER.numbers), "url": f"https://{rng.choice(ISSUER.domains)}/{rng.choice(('kenko', 'zei', 'kurashi', 'kosodate'))}/{rng.randint(1000, 99999)}",
    }  # fmt: skip
    thing = rng.choice(THINGS)
    sentences = [s.format(**values) for s in rng.sample(DOINGS, rng.randint(3, 7))]
    if not any("http" in s for s in sentences):
        sentences.append(f"くわしくは {values['url']} へ")
    text = f"【みほん市】{thing}のお知らせです。" + "".join(sentences)
    kind = rng.choice(("sms", "mail", "letter", "site"))
    return Notice(kind, f"{thing}のお知らせ", text, "2026-11-01", "2027-03-31", "健康課")  # type: ignore[arg-type]


@cache
def entries(n: int, seed: int = 7) -> tuple[Journal, tuple[Entry, ...]]:
    """n registered notices and their journal."""
    rng, journal, out = random.Random(seed), Journal(Memory(), SIGNER.name), []
    taken: set[str] = set()
    for k in range(n):
        out.append(
            register(draft(rng), ISSUER, SIGNER, journal, taken.__contains__, 1_795_000_000_000 + k, bytes_of(str(k)))
        )
        taken.add(out[-1].code)
    return journal, tuple(out)


@cache
def registry(n: int, seed: int = 7) -> Registry:
    """Their registry, with a checkpoint."""
    journal, found = entries(n, seed)
    note = journal.checkpoint(SIGNER)
    proofs = [journal.prove(e.index) for e in found]
    return Registry.of(
        ISSUER,
        [IssuerKey(SIGNER.public, "2026-01-01")],
        found,
        proofs.__getitem__,
        checkpoint=note,
        made=DAY,
        until="2026-12-31",
    )
