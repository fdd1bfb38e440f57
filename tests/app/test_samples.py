"""What the machines watch says what is so."""

from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.app.samples import Gauges
from mssmail.app.watchman import Watchman
from mssmail.core.clock import read_clock
from mssmail.core.findings import Findings, MssFields
from mssmail.flows.intake import Spent
from mssmail.flows.products import Products
from mssmail.flows.refresh import TrustKeeper
from mssmail.flows.shadows import Shadows
from mssmail.journal import Entry
from mssmail.store.engine import open_store
from mssmail.web.metrics import Sample
from mssmail.workers.pool import Pool
from tests.support.operators import build_site
from tests.support.pki import Pki


async def _forget(_entry: Entry) -> None:
    """Nothing is journaled."""


@pytest.mark.parametrize(("days", "faults"), [(0, 1), (30, 2)])
async def test_health_names_a_stale_list_and_missing_workers(tmp_path: Path, days: int, faults: int) -> None:
    now = read_clock()
    site = build_site(tmp_path / "op", Pki(now.replace(microsecond=0)), now)
    store = open_store(site.settings.server.store)
    trust = TrustKeeper(site.settings.trust, site.settings.server.store, _forget)
    await trust.start()
    await trust.stop()
    products = Products()
    products.count("received", Findings(declared=MssFields(nil="DEV1"), inconsistencies=("so",)))
    watchman = Watchman(site.settings, store, trust, read_clock)
    watchman.raised["ends"] = 2
    shadows = Shadows(store, read_clock)
    shadows.passed["unsigned"] = 4
    pool, spent = Pool(1, 10, 512, "us"), Spent(messages=3)
    gauges = Gauges(
        store, trust, pool, spent, products, lambda: now + timedelta(days=days), watchman, shadows=(shadows,)
    )
    samples = {(each.name, each.labels): each.value for each in gauges.sample() if isinstance(each, Sample)}
    health = gauges.check()
    store.close()
    assert samples[("messages_accepted", ())] == 3
    labels = (("product", "DEV1"), ("direction", "received"))
    assert samples[("product_messages", labels)] == samples[("product_inconsistent", labels)] == 1
    assert samples[("queue_items", (("state", "waiting"),))] == 0
    assert samples[("white_list_state", (("state", "stale" if days else "fresh"),))] == 1
    assert samples[("would_refuse", (("rule", "unsigned"),))] == 4
    assert samples[("alarms", (("kind", "ends"),))] == 2
    ends = {dict(labels)["kind"]: value for (name, labels), value in samples.items() if name == "certificate_days_left"}
    assert set(ends) == {"own", "anchor", "intermediate", "crl", "list-signer"}
    assert len(health.faults) == faults
