"""Background work is begun once each time it is due, by one worker, and leaves no words about people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from daremo.web import clock, jobs
from daremo.web.worker import Stop, work

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)


def results():
    return apps.get_model("django_tasks_database", "DBTaskResult")._default_manager


def test_every_job_of_the_table_is_written_and_explained():
    assert set(jobs.jobs()) == set(jobs.WORK)
    assert all(job.every_min > 0 and job.ja and job.en for job in jobs.jobs().values())


@pytest.mark.django_db
def test_a_turn_is_taken_once_however_many_workers_ask():
    assert [jobs.claim("job:x", timedelta(minutes=1), NOW) for _ in range(3)] == [True, False, False]
    assert not jobs.claim("job:x", timedelta(minutes=1), NOW + timedelta(seconds=58))
    assert jobs.claim("job:x", timedelta(minutes=1), NOW + timedelta(seconds=60))


@pytest.mark.django_db
def test_what_is_queued_already_is_not_queued_again():
    assert set(jobs.enqueue_due(NOW)) == set(jobs.jobs())
    assert jobs.enqueue_due(NOW + timedelta(days=1)) == []
    assert results().count() == len(jobs.jobs())


@pytest.mark.django_db(transaction=True)
def test_a_worker_says_that_it_is_alive_and_does_what_is_due():
    with clock.at(NOW):
        work(Stop(), once=True)
    assert apps.get_model("gate", "Beat")._default_manager.get(name="worker").at == NOW
    assert set(results().values_list("status", flat=True)) == {"SUCCESSFUL"}
    assert results().count() == len(jobs.jobs())


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_keeps_no_words_and_stops_no_other(monkeypatch):
    def fails(act):
        raise ValueError("見本 花子 090-0000-1234")

    monkeypatch.setitem(jobs.WORK, "expire", fails)
    with clock.at(NOW):
        work(Stop(), once=True)
    failed = results().get(status="FAILED")
    assert failed.args_kwargs["args"] == ["expire"]
    assert "ValueError" in failed.traceback and "花子" not in failed.traceback and "1234" not in failed.traceback
    assert results().filter(status="SUCCESSFUL").count() == len(jobs.jobs()) - 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_begins_nothing():
    stop = Stop()
    stop.now()
    work(stop)
    assert not results().exists()
