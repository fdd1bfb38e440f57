from mssmail.core.findings import NO_FINDINGS, Findings, MssFields
from mssmail.flows.products import MAX_PRODUCTS, ProductCount, Products


def test_messages_are_counted_by_product_and_direction() -> None:
    products = Products()
    odd = Findings(declared=MssFields(nil="DEV1"), inconsistencies=("X-MSS-INS is missing",))
    for direction, findings in (
        ("received", odd),
        ("received", Findings(declared=MssFields(nil="DEV1"))),
        ("submitted", odd),
        ("received", NO_FINDINGS),
    ):
        products.count(direction, findings)
    assert list(products) == [
        ProductCount("DEV1", "received", 2, 1),
        ProductCount("DEV1", "submitted", 1, 1),
        ProductCount("none", "received", 1, 0),
    ]


def test_strangers_cannot_make_it_grow() -> None:
    products = Products()
    for number in range(MAX_PRODUCTS + 7):
        products.count("received", Findings(declared=MssFields(nil=f"{number} {'x' * 900}")))
    counted = {each.product: each.messages for each in products}
    assert len(counted) == MAX_PRODUCTS + 1
    assert counted["other"] == 7
    assert max(map(len, counted)) <= 64
