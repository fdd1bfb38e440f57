from mssmail.store.schema import metadata
from mssmail.store.trust_schema import quarantine, worker_deaths


def test_the_tables_of_trust_belong_to_the_one_schema() -> None:
    assert {quarantine, worker_deaths} <= set(metadata.tables.values())
