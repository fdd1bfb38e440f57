"""What holds for every test."""

from hypothesis import settings

from tests.support.budget import examples

settings.register_profile("mssmail", examples(100))
settings.load_profile("mssmail")
