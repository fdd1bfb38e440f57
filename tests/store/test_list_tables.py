"""What goes with what."""

from sqlalchemy import Connection, func, select

from mssmail.core.address import parse_address
from mssmail.core.lists import PostState, Role
from mssmail.store.engine import Store
from mssmail.store.list_posts import create_post, expand_page, find_post
from mssmail.store.list_tables import list_deliveries, list_members, list_posts, list_roles
from mssmail.store.lists import delete_list, set_role
from tests.support.mailing import ALERTS, build_list, make_list
from tests.support.store import NOW


def test_everything_of_a_list_goes_with_it(store: Store) -> None:
    anne = parse_address("anne@a.test")
    made = make_list(store, build_list(), anne)

    def fill(conn: Connection) -> None:
        set_role(conn, made.id, Role.WRITER, anne, granted=True)
        post_id = create_post(conn, made.id, "t", "bob@b.test", "x", PostState.EXPANDING, NOW)
        post = find_post(conn, post_id)
        assert post is not None
        expand_page(conn, post, NOW, 10)

    store.submit(fill).result()
    store.submit(lambda conn: delete_list(conn, ALERTS)).result()
    for table in (list_members, list_roles, list_posts, list_deliveries):
        count = select(func.count()).select_from(table)
        assert store.read(lambda conn, count=count: conn.execute(count).scalar()).result() == 0  # type: ignore[misc]
