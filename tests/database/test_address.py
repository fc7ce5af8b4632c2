"""What a person is told about an address that is wrong, or where nobody answers."""

from __future__ import annotations

import pytest

from advisorjobs.database.address import connect, parse
from advisorjobs.errors import DatabaseUnavailable


def test_an_address_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(DatabaseUnavailable, match="can't be understood: write it like postgresql://") as refused:
        parse("postgresql://me:sec%ret@host/db")
    assert "ret" not in str(refused.value).replace("address", "")


def test_a_parameter_that_postgresql_does_not_know_is_named() -> None:
    with pytest.raises(DatabaseUnavailable, match='invalid URI query parameter: "schema"'):
        parse("postgresql://me:secret@host/db?schema=public")


def test_a_host_that_does_not_answer_is_named_in_one_line_without_the_password() -> None:
    with pytest.raises(
        DatabaseUnavailable, match=r"no PostgreSQL to be had at 127\.0\.0\.1:1/db: .*Check DATABASE_URL"
    ) as error:
        connect("postgresql://me:secret@127.0.0.1:1/db")
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)
