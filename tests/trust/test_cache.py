import pytest

from mssmail.trust.cache import BoundedCache


def test_forgets_the_least_recently_used() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2)
    assert cache.keep("a", 1) == 1
    cache.keep("b", 2)
    assert cache.find("a") == 1
    cache.keep("c", 3)
    assert cache.find("b") is None
    assert (cache.find("a"), cache.find("c"), len(cache)) == (1, 3, 2)


def test_replaces_in_place() -> None:
    cache: BoundedCache[str, int] = BoundedCache(1)
    cache.keep("a", 1)
    cache.keep("a", 2)
    assert cache.find("a") == 2


def test_holds_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        BoundedCache(0)
