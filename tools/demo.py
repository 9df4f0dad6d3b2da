"""``make demo``: the sample town, who is left behind, a plan with its proof, the report. All of it in ./.daremo/demo/."""

from __future__ import annotations

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


def main() -> None:
    """Run the loop's first half and end with the path of the report."""
    budget = sys.argv[sys.argv.index("--budget-yen") + 1] if "--budget-yen" in sys.argv else "12000000"
    town, plan = str(HOME / "town"), str(HOME / "plan")
    step("sample", town)
    step("gap", town, "-o", str(HOME / "gap"))
    step("plan", town, "--budget-yen", budget, "-o", plan)
    step("verify", plan)
    print(f"{plan}/report.html")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(5)
