"""Floor 3: results as pages, maps, sheets and PDF. Computes nothing, only shows."""

from daremo.report.write import gap_report, plan_report

__all__ = ["gap_report", "plan_report"]
