"""A database that cannot be reached is told in words, without the password."""

from __future__ import annotations

import socket

import pytest

from parkcity.base.errors import InputError
from parkcity.plan.postgres import PostgresStore


def test_a_database_that_does_not_answer_is_a_fault_that_keeps_the_password() -> None:
    with socket.socket() as taken:
        # Bound but not listening: nobody answers there.
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="the database cannot be reached") as caught:
            PostgresStore(f"host=127.0.0.1 port={taken.getsockname()[1]} user=x password=open-sesame dbname=y connect_timeout=5")
    assert "open-sesame" not in str(caught.value)


def test_an_address_that_cannot_be_read_is_a_fault() -> None:
    with pytest.raises(InputError, match="the database cannot be reached"):
        PostgresStore("this is no address")
