"""Whatever a machine sends, the live application answers as its own description says, and never with a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings

from tests.web.api.conftest import Door


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's own connection open from request to request, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


#: 429 is told by a middleware, 404 and 409 depend on rows; what is checked is that nothing breaks and all is described.
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.mark.parametrize("path", ["/places", "/times", "/bookings", "/bookings/{number}", "/figures"])
def test_no_request_makes_the_service_fail(
    door: Door, path: str, monkeypatch: pytest.MonkeyPatch, one_connection: None
) -> None:
    from schemathesis.checks import CHECKS as known
    from schemathesis.checks import load_all_checks

    from daremo.web.gate import limits

    monkeypatch.setattr(limits, "limits", lambda: ())
    load_all_checks()
    checks = [known.get_one(name) for name in CHECKS]
    door.town.session(seats=3)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    found: list[Any] = list(schema.include(path=f"/api/v1{path}").get_all_operations())
    assert found
    for operation in found:
        one = operation.ok()

        @settings(
            max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @schemathesis_given(one)
        def sent(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {door.key}", "Host": "localhost"}, checks=checks)

        sent()


def schemathesis_given(operation: Any) -> Any:
    """Draw cases of one operation, well-formed and not."""
    from hypothesis import given
    from schemathesis import GenerationMode

    sound, unsound = (
        operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )
    return given(case=sound | unsound)
