from mssmail.core.address import Address
from mssmail.core.station import Station


def test_a_station_without_more_is_a_box_that_keeps_its_mail() -> None:
    station = Station(Address("anne", "a.test"), 7)
    assert (station.targets, station.keeps, station.has_quota) == ((), True, False)
