"""Names of lanes are read back as they were made."""

import pytest

from mssmail.core.address import parse_address
from mssmail.core.endpoint import Endpoint
from mssmail.core.lane import name_lane, read_via


@pytest.mark.parametrize(
    "via", [None, Endpoint("192.0.2.1", 25), Endpoint("2001:db8::1", 2525), Endpoint("mx.b.test", 25)]
)
def test_a_lane_is_a_domain_and_maybe_a_server(via: Endpoint | None) -> None:
    lane = name_lane(parse_address("anne@A.test"), via)
    assert (lane.partition(">")[0], read_via(lane)) == ("a.test", via)


def test_mail_that_goes_the_usual_way_is_named_by_its_domain() -> None:
    assert name_lane(parse_address("anne@a.test")) == "a.test"
