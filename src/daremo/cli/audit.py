"""``daremo audit``: the same verb as ``daremo trust audit``, at the place where an auditor looks for it."""

from daremo.cli.trust.audit import audit

__all__ = ["audit"]
