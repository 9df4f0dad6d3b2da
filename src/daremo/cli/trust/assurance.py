"""``daremo trust assurance``: which proof of identity a service needs, and whom each choice shuts out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import people as whole
from daremo.cli.text import table, yen
from daremo.cli.trust.given import problem, text_of
from daremo.cli.trust.residents import residents
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.trust.assurance.choose import Decision

MOST_BYTES = 1_000_000


@click.command(
    epilog=example(
        "daremo trust assurance --service benefit town --json",
        "daremo trust assurance --sample questions",
        "daremo trust assurance questions/evacuation.json town -o decision",
    )
)
@click.argument("given", nargs=-1, type=click.Path(path_type=Path), metavar="[QUESTION.json] [REGION]")
@click.option("--service", help="Instead of QUESTION: browse, booking, certificate, benefit, tax or evacuation.")
@click.option("--rules", type=click.Choice(["jp-ds511", "nist-800-63-4"]), help="Instead of the question's rules.")
@click.option("--budget-yen", type=float, help="Most to spend over the years; then fewest residents are shut out.")
@click.option("--accept-unserved", is_flag=True, help="Decide although a group has no way; the record says so.")
@click.option("--decided", metavar="DATE", help="Day of the decision, YYYY-MM-DD; without it a proposal.")
@click.option("--by", default="", help="Who decides.")
@click.option("--sample", type=click.Path(path_type=Path), help="Only write example questions into this folder.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the record (JSON, Markdown ja and en) here.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def assurance(
    voice: Voice, given: tuple[Path, ...], service: str | None, rules: str | None, budget_yen: float | None,
    accept_unserved: bool, decided: str | None, by: str, sample: Path | None, out: Path | None, force: bool,
) -> int:  # fmt: skip
    """Choose identity proofing and authentication for a service.

    From harms by failure and channel: the levels needed, the cheapest methods that meet them and leave every group a way,
    how many residents each option shuts out, and the Pareto front of cost, people shut out and residual harm. QUESTION
    is JSON (see --sample). People come from REGION, else from the national age structure.
    """
    from daremo.kernel.results import write_json
    from daremo.trust.assurance import read
    from daremo.trust.assurance.choose import choose
    from daremo.trust.assurance.record import assumptions, markdown, record

    if sample is not None:
        return _samples(voice, sample, force)
    if len(given) > (1 if service else 2) or not (given or service):
        raise UsageError("usage", "QUESTION.json か --service のどちらかと、REGION", "daremo trust assurance --help")
    if out is not None:
        refuse_foreign(out, force=force)
    asked, name = (read.shipped_json(service), service) if service else (_json(given[0]), given[0].name)
    region = given[0] if service and given else given[1] if len(given) > 1 else None
    if isinstance(asked, dict):
        asked = {**asked, **({"rules": rules} if rules else {})}
        asked |= {} if budget_yen is None else {"budget_yen": budget_yen}
    people, source = residents(region)
    question = read.question(asked, people, str(name))
    decision = choose(question, accept_unserved=accept_unserved, progress=voice.progress())
    voice.hush()
    told = {**record(decision, _day(decided), by), "people_source": source}
    if out is not None:
        with whole_folder(out, force=force) as folder:
            write_json(folder / "decision.json", told)
            write_json(folder / "assumptions.json", assumptions())
            for lang in ("ja", "en"):
                (folder / f"decision.{lang}.md").write_text(markdown(told, lang), encoding="utf-8")
    voice.answer(told)
    _show(voice, decision, told, out)
    return DONE


def _samples(voice: Voice, sample: Path, force: bool) -> int:
    from daremo.kernel.results import write_json
    from daremo.trust.assurance.read import shipped, shipped_json

    with whole_folder(sample, force=force) as folder:
        for name in shipped():
            write_json(folder / f"{name}.json", shipped_json(name))
    voice.answer({"folder": str(sample), "files": [f"{n}.json" for n in shipped()]})
    first = f"daremo trust assurance {sample}/booking.json"
    voice.say(
        voice(f"質問の見本を{sample}に作りました。次: {first}", f"Example questions are in {sample}. Next: {first}")
    )
    return DONE


def _json(path: Path) -> Any:
    try:
        return json.loads(text_of(path, "assurance-question", MOST_BYTES))
    except (ValueError, RecursionError) as e:
        raise problem("assurance-question", path.name, value=str(e)) from e


def _day(text: str | None) -> Any:
    import datetime

    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError as e:
        raise problem("bad-date", "--decided", value=text or "") from e


def _show(voice: Voice, decision: Decision, told: dict[str, Any], out: Path | None) -> None:
    from daremo.trust.assurance.record import steps

    lang = voice.lang
    names = {m["method"]: m[lang] for m in told["methods"]}
    shut = told["shut_out"]
    voice.say(
        voice(
            f"{told['ja']}: 身元確認レベル{decision.ial.level}、当人認証レベル{decision.aal.level}が要ります（{told['rules']['read']}）",
            f"{told['en']}: identity proofing level {decision.ial.level}, authentication level {decision.aal.level} "
            f"(verify with the text: {told['rules']['rules']}).",
        )
    )
    voice.say(voice("いっしょに用意するもの: ", "Offer together: ") + "、".join(m[lang] for m in told["offered"]))
    voice.say(
        voice(
            f"{told['years']:g}年で {yen(told['chosen']['cost_low_yen'])}〜{yen(told['chosen']['cost_high_yen'])}。"
            f"対象{whole(told['people'])}人のうち方法がない人 {shut['people']:,.1f}人（{shut['low_people']:,.1f}〜{shut['high_people']:,.1f}）。",
            f"{yen(told['chosen']['cost_low_yen'])} to {yen(told['chosen']['cost_high_yen'])} in {told['years']:g} years; of "
            f"{whole(told['people'])} people {shut['people']:,.1f} have no way ({shut['low_people']:,.1f} to {shut['high_people']:,.1f}).",
        )
    )
    if not shut["within_limit"]:
        voice.say(
            voice(
                f"注意: 限り（{shut['limit_people']:,.1f}人）を守れていません。",
                f"Mind: more than the limit of {shut['limit_people']:,.1f} people.",
            )
        )
    voice.say(
        voice(
            f"組み合わせ{told['proof']['examined']:,}通りのうち、これを上回るものは{told['proof']['dominating_the_chosen']}通り。",
            f"Of {told['proof']['examined']:,} combinations {told['proof']['dominating_the_chosen']} dominate it.",
        )
    )
    voice.say()
    head = voice("だれ,方法", "who,way").split(",")
    none = voice("ない", "none")
    rows = [[a[lang], " + ".join(names[m] for m in a["way"]) if a["way"] else none] for a in told["alternatives"]]
    for line in table(head, rows, widest=60):
        voice.say(line)
    voice.say()
    head = voice("費用,方法がない人,残る害,方法", "cost,without a way,residual,methods").split(",")
    rows = [
        [yen(f["cost_yen"]), f"{f['shut_out_people']:,.1f}", f"{f['residual_points']:.4f}", "、".join(names[m] for m in f["methods"])]
        for f in steps(told["front"])[:15]
    ]  # fmt: skip
    for line in table(head, rows, right=(0, 1, 2), widest=100):
        voice.say(line)
    if out is not None:
        voice.say(voice(f"記録: {out}", f"Record: {out}"))
