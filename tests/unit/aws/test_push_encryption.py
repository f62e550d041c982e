"""aws/channels/encryption against what the standards publish.

The vectors are facts of RFC 8291 section 5 (the message "When I grow up, I want to be a watermelon") and of
RFC 8292 section 2.4 (a signed token), which their appendices repeat.
"""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from local.stack.phone_services import CURVE, Phone, opened
from pregao.aws.channels.encryption import (
    LARGEST,
    RECORD,
    SIGNED_FOR_S,
    authorization,
    decode,
    encode,
    encrypt,
    new_private_key,
    private_key,
    public_of,
)
from tests.fakes import NOW

SERVICE, CONTACT, ANY_TIME = "https://push.example.net", "mailto:a@b.example", {"verify_exp": False}
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SENDER_PUBLIC = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
VAPID_TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1"
    "YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjj"
    "vW2L9OkSSHzvoD1oA"
)
VAPID_KEY = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"


def test_the_standard_s_message_byte_for_byte():
    sender = private_key(decode(SENDER))
    assert encode(public_of(sender)) == SENDER_PUBLIC
    body = encrypt(TEXT, decode(RECEIVER_PUBLIC), decode(AUTH), salt=decode(SALT), sender=sender)
    assert encode(body) == BODY


def test_the_stand_in_reads_the_standard_s_message():
    phone = Phone("rfc", private_key(decode(RECEIVER)), decode(AUTH))
    assert phone.p256dh == RECEIVER_PUBLIC
    assert opened(decode(BODY), phone) == TEXT


def test_the_standard_s_token_is_signed_by_its_key():
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(VAPID_KEY))
    told = jwt.decode(VAPID_TOKEN, key, algorithms=["ES256"], audience=SERVICE, options=ANY_TIME)
    assert told == {"aud": "https://push.example.net", "exp": 1453523768, "sub": "mailto:push@example.com"}


def test_our_token_names_the_service_the_sender_and_an_end():
    key = private_key(new_private_key())
    header = authorization(f"{SERVICE}/a/b", key, CONTACT, NOW)
    scheme, _, fields = header.partition(" ")
    parts = dict(one.strip().split("=", 1) for one in fields.split(","))
    told = jwt.decode(parts["t"], key.public_key(), algorithms=["ES256"], audience=SERVICE, options=ANY_TIME)
    assert (scheme, parts["k"]) == ("vapid", encode(public_of(key)))
    assert told == {
        "aud": "https://push.example.net",
        "exp": int(NOW + SIGNED_FOR_S),
        "sub": "mailto:a@b.example",
    }


def test_each_message_has_a_salt_and_a_key_of_its_own():
    phone = Phone("ana")
    first, second = (encrypt(TEXT, decode(phone.p256dh), phone.auth) for _ in range(2))
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]
    assert opened(first, phone) == opened(second, phone) == TEXT


def test_the_largest_text_fills_the_record_and_one_byte_more_is_refused():
    phone = Phone("ana")
    assert len(encrypt(b"x" * LARGEST, decode(phone.p256dh), phone.auth)) == RECORD
    with pytest.raises(ValueError, match="at most"):
        encrypt(b"x" * (LARGEST + 1), decode(phone.p256dh), phone.auth)
