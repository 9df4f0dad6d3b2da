"""What other features call of the schedule: sessions, openings, supporters and rooms, free times."""

from __future__ import annotations

from daremo.web.apps.schedule.courses import Course, full_courses
from daremo.web.apps.schedule.free import FreeTime, free_times
from daremo.web.apps.schedule.openings import (
    add_opening,
    change_opening,
    close_day,
    close_point_day,
    end_opening,
    forget_exception,
    left_over,
    make_sessions,
    open_day,
    open_session,
    sessions_at,
)
from daremo.web.apps.schedule.pairing import may_help
from daremo.web.apps.schedule.rostering import Accepted, Wanted, draft_roster
from daremo.web.apps.schedule.rostering import accept as accept_roster
from daremo.web.apps.schedule.sessions import (
    SEATS_MAX,
    add_offer,
    add_series,
    add_session,
    assign,
    cancel_session,
    change_offer,
    new_series,
    release,
    run_states,
    set_capacity,
    with_free_seats,
)
from daremo.web.apps.schedule.words import said

__all__ = [
    "SEATS_MAX",
    "Accepted",
    "Course",
    "FreeTime",
    "Wanted",
    "accept_roster",
    "add_offer",
    "add_opening",
    "add_series",
    "add_session",
    "assign",
    "cancel_session",
    "change_offer",
    "change_opening",
    "close_day",
    "close_point_day",
    "draft_roster",
    "end_opening",
    "forget_exception",
    "free_times",
    "full_courses",
    "left_over",
    "make_sessions",
    "may_help",
    "new_series",
    "open_day",
    "open_session",
    "release",
    "run_states",
    "said",
    "sessions_at",
    "set_capacity",
    "with_free_seats",
]
