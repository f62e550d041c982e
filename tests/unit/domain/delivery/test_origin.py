"""Origins: scheme, host and port, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.delivery.origin import Origin, parse_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://mesa.example", Origin("https", "mesa.example", 443)),
        ("HTTPS://Mesa.Example:443", Origin("https", "mesa.example", 443)),
        ("http://mesa.example", Origin("http", "mesa.example", 80)),
        ("http://127.0.0.1:8000", Origin("http", "127.0.0.1", 8000)),
        ("http://[::1]:8000", Origin("http", "[::1]", 8000)),
    ],
)
def test_read(text, origin):
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "mesa.example",
        "https://",
        "https://mesa.example/",
        "https://mesa.example/console",
        "https://mesa.example?a",
        "https://ana@mesa.example",
        "https://mesa.example:",
        "https://mesa.example:x",
        "https://mesa.example https://other.example",
        "https://mesa.example,https://other.example",
        "ftp://mesa.example",
        " https://mesa.example",
        "https://mesa.example\n",
    ],
)
def test_what_is_none(text):
    assert parse_origin(text) is None


@given(st.text(max_size=40))
def test_no_text_crashes_it(text):
    parse_origin(text)
    parse_origin(f"https://{text}")
