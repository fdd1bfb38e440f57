from tests.support.syscalls import parse_calls

LINES = (
    "10 write(3</x>, ..., 4) = 4",
    "11 fdatasync(7</db-wal> <unfinished ...>",
    "10 recvfrom(9<socket:[1]>, ..., 100, 0, NULL, NULL) = 100",
    "11 <... fdatasync resumed>) = 0",
    "10 --- SIGCHLD {si_signo=SIGCHLD} ---",
    "10 +++ exited with 0 +++",
)


def test_a_call_that_another_thread_interrupts_is_put_together_again() -> None:
    write, received, flush = parse_calls(LINES)
    assert (write.name, write.result, write.began) == ("write", 4, 0)
    assert (received.name, received.result) == ("recvfrom", 100)
    assert (flush.name, flush.result, flush.began, flush.ended) == ("fdatasync", 0, 1, 3)
    assert flush.is_on("/db-wal")
