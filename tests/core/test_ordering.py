from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm


def test_names_are_those_of_the_wire() -> None:
    assert all(key.name == key.value for key in (*SortKey, *ThreadAlgorithm))
    assert not Criterion(SortKey.SIZE).is_reverse
