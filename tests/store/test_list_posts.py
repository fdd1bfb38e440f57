"""Messages to lists: every small step, and what is left after it."""

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, MemberState, Post, PostState
from mssmail.core.queue import LastWord, QueueState
from mssmail.core.reply import Reply
from mssmail.store import list_posts, lists
from mssmail.store.engine import Connection, Store
from mssmail.store.fsck import check_store
from mssmail.store.messages import deliver, load_message
from mssmail.store.queue import list_items, settle
from tests.support.mailing import build_list, make_list
from tests.support.store import NOW, build_delivery, build_message

A, B = "a.test", "b.test"


def _crowd(number: int, domain: str = A) -> list[Address]:
    return [Address(f"n{at:03}", domain) for at in range(number)]


@pytest.fixture
def made(store: Store) -> MailList:
    return make_list(store, build_list(), *_crowd(5), *_crowd(3, B))


def _post(store: Store, made: MailList, state: PostState = PostState.EXPANDING) -> Post:
    def work(conn: Connection) -> int:
        post_id = list_posts.create_post(conn, made.id, "trace", "bob@b.test", "x", state, NOW)
        kept = deliver(conn, build_delivery(store, build_message()))
        list_posts.attach_message(conn, post_id, kept.message_id)
        return post_id

    return _load(store, store.submit(work).result())


def _load(store: Store, post_id: int) -> Post:
    found = store.read(lambda conn: list_posts.find_post(conn, post_id)).result()
    assert found is not None
    return found


def _expand(store: Store, post: Post, page: int = 100) -> list[int]:
    numbers = []
    while _load(store, post.id).state is PostState.EXPANDING:
        numbers.append(store.submit(lambda conn: list_posts.expand_page(conn, post, NOW, page)).result())
    return numbers


def _count(store: Store, post: Post) -> dict[str, int]:
    found = store.read(lambda conn: list_posts.count_outcomes(conn, post.id)).result()
    return {state.value: number for state, number in found.items() if number}


def _queue(store: Store, post: Post, limit: int = 100, per_domain: int = 100) -> int:
    return store.submit(
        lambda conn: list_posts.queue_pending(conn, post, NOW, limit=limit, per_domain=per_domain)
    ).result()


@pytest.mark.parametrize(("page", "numbers"), [(3, [3, 3, 2]), (4, [4, 4, 0]), (100, [8])])
def test_members_are_written_down_page_by_page_each_once(
    store: Store, made: MailList, page: int, numbers: list[int]
) -> None:
    post = _post(store, made)
    assert _expand(store, post, page) == numbers
    assert _count(store, post) == {"pending": 8}
    assert _load(store, post.id).state is PostState.SENDING


def test_who_joined_or_was_stopped_between_two_pages(store: Store, made: MailList) -> None:
    post = _post(store, made)
    store.submit(lambda conn: list_posts.expand_page(conn, post, NOW, 4)).result()
    late = parse_address("zoe@z.test")
    store.submit(lambda conn: lists.add_members(conn, made.id, [late], NOW)).result()
    store.submit(lambda conn: lists.count_bounce(conn, made.id, Address("n002", B), 1, NOW)).result()
    _expand(store, post)
    outcomes = store.read(lambda conn: list_posts.page_outcomes(conn, post.id)).result()
    addresses = [str(each.address) for each in outcomes]
    assert "zoe@z.test" in addresses
    assert "n002@b.test" not in addresses
    assert len(addresses) == 8


def test_the_queue_never_has_more_of_a_domain_than_may_be(store: Store, made: MailList) -> None:
    post = _post(store, made)
    _expand(store, post)
    assert _queue(store, post, per_domain=2) == 4
    assert _queue(store, post, per_domain=2) == 0
    assert store.read(list_posts.count_queued).result() == {A: 2, B: 2}
    assert _queue(store, post, limit=1, per_domain=10) == 1
    assert _queue(store, post, limit=0) == 0
    items = store.read(list_items).result()
    assert {item.parameters.encode() for item in items} >= {"NOTIFY=FAILURE ORCPT=rfc822;n000@a.test"}
    assert _count(store, post) == {"pending": 3, "queued": 5}


def test_how_an_item_ended_is_written_with_its_going(store: Store, made: MailList) -> None:
    post = _post(store, made)
    _expand(store, post)
    _queue(store, post)
    items = list(store.read(list_items).result())
    endings = [QueueState.DONE] * 5 + [QueueState.FAILED] * 3

    def end(conn: Connection) -> None:
        for item, state in zip(items, endings, strict=True):
            reply = Reply(250, "2.0.0", "ok") if state is QueueState.DONE else Reply(550, "5.1.1", "no")
            settle(conn, item.id, state, last=LastWord(reply))

    store.submit(end).result()
    assert _count(store, post) == {"delivered": 5, "failed": 3}
    [failed, *_] = store.read(
        lambda conn: list_posts.page_outcomes(conn, post.id, state=MemberState.FAILED, limit=1)
    ).result()
    assert failed.answer == "550 5.1.1 no"
    members = store.read(lambda conn: lists.page_members(conn, made.id)).result()
    assert sorted(member.bounces for member in members) == [0] * 5 + [1] * 3
    assert post.message_id is not None
    assert store.read(lambda conn: load_message(conn, post.message_id or 0)).result() is not None
    assert store.submit(lambda conn: list_posts.finish(conn, post, NOW)).result()
    done = _load(store, post.id)
    assert (done.state, done.message_id, done.finished_at) == (PostState.DONE, None, NOW)
    assert store.read(lambda conn: load_message(conn, post.message_id or 0)).result() is None
    assert check_store(store) == []


def test_it_is_not_done_while_anybody_waits(store: Store, made: MailList) -> None:
    post = _post(store, made)
    _expand(store, post)
    assert not store.submit(lambda conn: list_posts.finish(conn, post, NOW)).result()
    _queue(store, post)
    assert not store.submit(lambda conn: list_posts.finish(conn, post, NOW)).result()


def test_a_report_turns_delivered_into_bounced_once(store: Store, made: MailList) -> None:
    post = _post(store, made)
    _expand(store, post)
    _queue(store, post)
    member = Address("n000", A)
    for item in store.read(list_items).result():
        store.submit(lambda conn, id=item.id: settle(conn, id, QueueState.DONE, last=LastWord(error="x"))).result()  # type: ignore[misc]

    def bounce(who: Address) -> bool:
        return store.submit(lambda conn: list_posts.note_bounce(conn, post.id, who, "550 gone", NOW)).result()

    assert bounce(Address("N000", A))
    assert not bounce(member)
    assert not bounce(parse_address("stranger@x.test"))
    assert _count(store, post) == {"delivered": 7, "bounced": 1}


def test_a_held_message_is_decided_about_once(store: Store, made: MailList) -> None:
    post = _post(store, made, PostState.HELD)
    [(found, told)] = store.read(list_posts.find_work).result()
    assert (found.id, told) == (post.id, False)
    store.submit(lambda conn: list_posts.note_told(conn, post.id)).result()
    assert store.read(list_posts.find_work).result() == []

    def decide(state: PostState) -> bool:
        return store.submit(lambda conn: list_posts.decide(conn, post.id, state, "anne@a.test", NOW)).result()

    assert decide(PostState.REJECTED)
    assert not decide(PostState.EXPANDING)
    assert _load(store, post.id).decided_by == "anne@a.test"
    assert [each.id for each, _ in store.read(list_posts.find_work).result()] == [post.id]
    store.submit(lambda conn: list_posts.note_told(conn, post.id)).result()
    assert _load(store, post.id).message_id is None
    assert store.read(lambda conn: list_posts.list_posts_of(conn, made.id, state=PostState.HELD)).result() == []
    assert [each.id for each in store.read(lambda conn: list_posts.list_posts_of(conn, made.id)).result()] == [post.id]


def test_outcomes_are_paged_by_address(store: Store, made: MailList) -> None:
    post = _post(store, made)
    _expand(store, post)
    first = store.read(lambda conn: list_posts.page_outcomes(conn, post.id, limit=3)).result()
    rest = store.read(lambda conn: list_posts.page_outcomes(conn, post.id, after_key=first[-1].address.key)).result()
    assert len({each.address for each in (*first, *rest)}) == 8


def test_without_its_message_nothing_is_queued(store: Store, made: MailList) -> None:
    post_id = store.submit(
        lambda conn: list_posts.create_post(conn, made.id, "t", "", "x", PostState.SENDING, NOW)
    ).result()
    assert _queue(store, _load(store, post_id)) == 0
