"""``make demo``: the sample town, who is left behind, a plan with its proof, the report, then the running service.

All of it in ./.daremo/. ``--serve yes`` stays until Ctrl-C; ``try`` starts the service, looks at its first page, prints
the address and ends it; ``auto`` stays in a terminal and only tries elsewhere; without it nothing is served.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(".daremo/demo")


def step(*arguments: str) -> None:
    """Run one daremo command, shown first as a person would type it."""
    print(f"$ daremo {' '.join(arguments)}", flush=True)
    code = subprocess.run([Path(sys.executable).parent / "daremo", *arguments], check=False).returncode
    if code:
        sys.exit(code)
    print(flush=True)


def option(name: str, default: str) -> str:
    """The word after an option, or the default."""
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def main() -> None:
    """Run the loop's first half, print the path of the report, then start the service."""
    budget, wish = option("--budget-yen", "12000000"), option("--serve", "no")
    if wish not in ("auto", "yes", "no", "try"):
        sys.exit("SERVE is auto, yes, try or no")
    town, plan = str(HOME / "town"), str(HOME / "plan")
    step("sample", town)
    step("gap", town, "-o", str(HOME / "gap"))
    step("plan", town, "--budget-yen", budget, "-o", plan)
    step("verify", plan)
    print(f"{plan}/report.html", flush=True)
    if wish == "yes" or (wish == "auto" and sys.stdout.isatty()):
        daremo = str(Path(sys.executable).parent / "daremo")
        os.execv(daremo, [daremo, "serve"])
    elif wish != "no":
        print(flush=True)
        step("serve", "--until-up")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(5)
