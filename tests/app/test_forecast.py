"""What is judged again; the questions themselves are asked in ``tests/cli/test_policy``."""

from datetime import timedelta
from pathlib import Path

from mssmail.app.forecast import World, build_forecast
from mssmail.journal import Entry, Event
from mssmail.settings import Domain, Settings
from mssmail.store.journal import append_entries
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.operator_room import MESSAGE, build_envelope, open_operator, sign

NOBODY = World(None, build_trust_store(TrustSnapshot(1, ())))


async def test_messages_that_are_gone_are_counted_and_peers_nobody_remembers_are_not_asked_about(
    tmp_path: Path,
) -> None:
    async with open_operator(tmp_path) as operator:
        now = operator.intake.clock()
        assert (await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path)))).code == 250
        lost = Entry(now, Event.RECEIVED, "0gone", {})
        operator.store.submit(lambda conn: append_entries(conn, (lost,))).result()
        today = World(operator.trust.white_list, operator.trust.store)
        since = now - timedelta(hours=1)
        found = build_forecast(operator.store, operator.settings, today, today, since, operator.intake.clock())
        assert (found.judged, found.gone, found.refused) == (1, 1, ())
        worse = build_forecast(operator.store, operator.settings, today, NOBODY, since, operator.intake.clock())
        assert [each.rule for each in worse.refused] == ["untrusted"]
        [foreseen] = worse.refused
        assert (foreseen.sender, foreseen.to) == ("alice@a.test", ("bob@b.test",))
        elsewhere = Settings(domain=(Domain("elsewhere.test"),))
        assert build_forecast(operator.store, elsewhere, today, NOBODY, since, now).refused == ()
