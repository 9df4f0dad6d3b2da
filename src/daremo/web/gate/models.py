"""Rows of a running service. None of them is journalled; all may be emptied at any time."""

from __future__ import annotations

from django.db import models


class Hit(models.Model):
    """How often somebody did something within one window; ``bucket`` is a keyed digest, so nobody can be read from it."""

    bucket = models.CharField(max_length=32, primary_key=True)
    until = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()


class Beat(models.Model):
    """When a worker was last alive (``worker``) and when each job was last begun (``job:<name>``)."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
