"""Labels stay few however many domains there are."""

from mssmail.flows.figures import BUCKETS, MAX_PEERS, OTHERS, Figures


def test_delays_fall_into_their_buckets() -> None:
    figures = Figures()
    for seconds in (0.5, 1, 2, 10_000_000):
        figures.note_delivery("a.test", seconds)
    delays = figures.delays["a.test"]
    assert delays.counts[:2] == [2, 1]
    assert sum(delays.counts) == 3
    assert (delays.number, delays.seconds) == (4, 10_000_003.5)
    assert len(delays.counts) == len(BUCKETS)


def test_beyond_a_number_of_peers_the_rest_share_one_row() -> None:
    figures = Figures()
    for number in range(MAX_PEERS + 10):
        figures.note_refusal(f"d{number}.test", "refused-for-now")
        figures.note_delivery(f"d{number}.test", 1)
    assert len(figures.refusals) == MAX_PEERS + 1
    assert figures.refusals[OTHERS, "refused-for-now"] == 10
    assert figures.delays[OTHERS].number == 10
    figures.note_delivery("d1.test", 1)
    assert figures.delays["d1.test"].number == 2
