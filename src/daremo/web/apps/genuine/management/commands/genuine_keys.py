"""The key ceremony: make, rotate, revoke and list the keys with which this instance signs. See ``ceremony.md``."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from daremo.kernel.errors import DaremoError
from daremo.web import clock
from daremo.web.apps.genuine import keys
from daremo.web.apps.genuine.models import Key
from daremo.web.apps.journal.act import of_the_system
from daremo.web.days import day_of


class Command(BaseCommand):
    """``python -m django genuine_keys make|rotate|revoke|list``."""

    help = "署名の鍵を作る・替える・取り消す・見る / Make, rotate, revoke and list the signing keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the four steps."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        make = verbs.add_parser("make", help="最初の鍵 / the first key")
        make.add_argument("name", help="このサービスのホスト名 / host under which the service is reached")
        make.add_argument("--from", dest="since", type=date.fromisoformat, help="使い始める日 / first day (YYYY-MM-DD)")
        rotate = verbs.add_parser("rotate", help="つぎの鍵 / the next key")
        rotate.add_argument(
            "--from", dest="since", type=date.fromisoformat, help="使い始める日 / first day (YYYY-MM-DD)"
        )
        rotate.add_argument(
            "--overlap", type=int, default=keys.OVERLAP_DAYS, help="前の鍵も使える日数 / days on which both sign"
        )
        revoke = verbs.add_parser("revoke", help="盗まれた鍵 / a key in other hands")
        revoke.add_argument("kid", help="鍵の番号 / number of the key (8 letters)")
        revoke.add_argument("--reason", required=True, help="わけ / why")
        verbs.add_parser("list", help="いまの鍵 / the keys")

    def handle(self, *args: Any, **told: Any) -> None:
        """Do one step and show the public keys to be read aloud and written down."""
        now = clock.now()
        act, day = of_the_system(now, "key ceremony"), day_of(now)
        try:
            if told["verb"] == "make":
                keys.make(act, told["name"], told["since"] or day)
            elif told["verb"] == "rotate":
                keys.rotate(act, told["since"] or day, told["overlap"])
            elif told["verb"] == "revoke":
                keys.revoke(act, told["kid"], day, told["reason"])
        except DaremoError as e:
            raise CommandError(f"{e.message}。{e.fix}") from e
        for row in Key.objects.order_by("since", "pk"):
            state = f"取り消し / revoked {row.revoked_on}" if row.revoked_on else f"{row.since} 〜 {row.until or ''}"
            self.stdout.write(f"{row.kid}  {state}\n  {row.text}")
        self.stdout.write(f"{keys.folder()}")
