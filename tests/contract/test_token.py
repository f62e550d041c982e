"""Token v1: who may open a socket."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.config.models import SecurityConfig
from pregao.flow.authorize import Authorize
from pregao.wire.token_v1 import (
    ISSUER,
    Cause,
    Identity,
    TokenRefused,
    issue,
    issue_officer,
    read,
    read_officer,
)

KEY, OTHER = "k" * 32, "o" * 32
ANA = Identity("ana", "trader")


def claims(**changes):
    now = int(time.time())
    plain = {"iss": ISSUER, "sub": "ana", "role": "trader", "iat": now, "exp": now + 60} | changes
    return {name: value for name, value in plain.items() if value is not None}


def signed(key=KEY, algorithm="HS256", **changes):
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def unsigned(header):
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims())]
    return b".".join([*parts, b""]).decode()


def test_a_good_one_names_its_operator():
    assert read(issue(ANA, KEY, now=time.time(), life_s=60), [KEY]) == ANA


def test_without_a_role_it_still_names_somebody():
    assert read(signed(role=None), [KEY]) == Identity("ana", "")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (lambda: issue(ANA, KEY, now=time.time() - 120, life_s=60), "expired"),
        (lambda: issue(ANA, OTHER, now=time.time(), life_s=60), "[Ss]ignature"),
        (lambda: unsigned({"alg": "none", "typ": "JWT"}), "alg"),
        (lambda: unsigned({"alg": "HS256", "typ": "JWT"}), "[Ss]ignature"),
        (lambda: signed("k" * 64, "HS512"), "alg"),
        (lambda: signed(exp=None), "exp"),
        (lambda: signed(sub=None), "sub"),
        (lambda: signed(iat=None), "iat"),
        (lambda: signed(iss=None), "iss"),
        (lambda: signed(iss="somebody"), "[Ii]ssuer"),
        (lambda: signed(iat=int(time.time()) + 600, exp=int(time.time()) + 900), "iat"),
        (lambda: signed()[:-2], "[Ss]ignature|padding"),
        (lambda: "", "segments"),
        (lambda: "a.b.c", "."),
        (lambda: "ção.ção.ção", "."),
    ],
)
def test_refused(token, why):
    with pytest.raises(TokenRefused, match=why):
        read(token(), [KEY])


def test_claims_moved_under_a_foreign_signature():
    head, _, signature = signed().split(".")
    _, body, _ = signed(key=OTHER, sub="bruno").split(".")
    with pytest.raises(TokenRefused):
        read(f"{head}.{body}.{signature}", [KEY])


@given(st.text(max_size=80))
def test_no_text_crashes_it(text):
    with pytest.raises(TokenRefused):
        read(text, [KEY])


class TestOfficers:
    """Signed with the same key for another audience: neither reader takes the other's."""

    def test_a_good_one_names_its_officer(self):
        assert read_officer(issue_officer("carla", KEY, now=time.time(), life_s=60), [KEY]) == "carla"

    @pytest.mark.parametrize(
        "token",
        [
            lambda: issue(ANA, KEY, now=time.time(), life_s=60),
            lambda: issue(Identity("carla", "compliance"), KEY, now=time.time(), life_s=60),
            lambda: signed(aud="act"),
            lambda: issue_officer("carla", OTHER, now=time.time(), life_s=60),
            lambda: issue_officer("carla", KEY, now=time.time() - 120, life_s=60),
        ],
    )
    def test_no_other_opens_the_compliance_page(self, token):
        with pytest.raises(TokenRefused):
            read_officer(token(), [KEY])

    def test_an_officers_opens_no_screen(self):
        with pytest.raises(TokenRefused, match=r"[Aa]udience"):
            read(issue_officer("ana", KEY, now=time.time(), life_s=60), [KEY])


class TestDesk:
    authorize = Authorize([KEY], {"ana": "viewer"})

    def test_the_role_is_the_one_of_today(self):
        assert self.authorize(signed()) == Identity("ana", "viewer")

    def test_somebody_who_is_not_on_the_desk(self):
        with pytest.raises(TokenRefused, match="bruno is not on the desk"):
            self.authorize(signed(sub="bruno"))

    @pytest.mark.parametrize("token", [None, ""])
    def test_no_token(self, token):
        with pytest.raises(TokenRefused, match="no token"):
            self.authorize(token)

    @pytest.mark.parametrize(
        ("token", "cause"),
        [
            (lambda: None, Cause.NO_TOKEN),
            (lambda: signed(sub="bruno"), Cause.NOT_ON_DESK),
            (lambda: signed(key=OTHER), Cause.FORGED),
            (lambda: signed(exp=1, iat=0), Cause.EXPIRED),
            (lambda: signed(key=OTHER, exp=1, iat=0), Cause.FORGED),
            (lambda: "a.b.c", Cause.FORGED),
        ],
    )
    def test_each_refusal_has_its_cause(self, token, cause):
        with pytest.raises(TokenRefused) as refused:
            self.authorize(token())
        assert refused.value.cause is cause


class TestOrigin:
    """A browser says where its page came from; the list says from where it may."""

    authorize = Authorize(
        [KEY],
        {"ana": "trader"},
        SecurityConfig(origins=("https://mesa.example", "http://127.0.0.1:8000")).allowed(),
    )

    @pytest.mark.parametrize(
        "origin",
        [
            None,
            "https://mesa.example",
            "https://MESA.example",
            "https://mesa.example:443",
            "http://127.0.0.1:8000",
        ],
    )
    def test_let_in(self, origin):
        assert self.authorize(signed(), origin) == ANA

    @pytest.mark.parametrize(
        "origin",
        [
            "http://mesa.example",
            "https://mesa.example:8443",
            "https://mesa.example.evil.example",
            "https://evil.example/https://mesa.example",
            "https://console.mesa.example",
            "http://127.0.0.1",
            "http://localhost:8000",
            "https://mesa.example/",
            "null",
            "",
        ],
    )
    def test_turned_away_whatever_the_token(self, origin):
        for token in (signed(), None, "a.b.c"):
            with pytest.raises(TokenRefused) as refused:
                self.authorize(token, origin)
            assert refused.value.cause is Cause.ORIGIN
            assert not origin or origin not in str(refused.value)

    def test_without_a_list_from_anywhere(self):
        authorize = Authorize([KEY], {"ana": "trader"}, SecurityConfig().allowed())
        assert authorize(signed(), "https://evil.example") == ANA
