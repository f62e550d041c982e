"""domain/delivery/push: which addresses are a push service's."""

from __future__ import annotations

import pytest

from pregao.domain.delivery.push import is_push_service

KNOWN = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
    "https://web.push.apple.com/QAbc",
    "https://wns2-by3p.notify.windows.com/w/?token=Ab%3d",
]
STRANGE = [
    "http://fcm.googleapis.com/fcm/send/a",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://metadata.google.internal/",
    "https://fcm.googleapis.com.evil.example/",
    "https://evilfcm.googleapis.com.example/",
    "https://notfcm.googleapis.com/",
    "https://user@fcm.googleapis.com/",
    "https://fcm.googleapis.com:8443/",
    "https://fcm.googleapis.com@10.0.0.1/",
    "https://10.0.0.1\\@fcm.googleapis.com/",
    "https://fcm.googleapis.com/ \n",
    "https://fcm.googleapis.com:x/",
    "https://fcm.googleapis.com/" + "a" * 2000,
    "file:///etc/passwd",
    "//fcm.googleapis.com/",
    "",
]


@pytest.mark.parametrize("endpoint", KNOWN)
def test_the_browsers_services(endpoint):
    assert is_push_service(endpoint)


@pytest.mark.parametrize("endpoint", STRANGE)
@pytest.mark.parametrize("loopback", [False, True])
def test_nothing_else_also_where_this_machine_may(endpoint, loopback):
    assert not is_push_service(endpoint, loopback=loopback)


def test_this_machine_where_a_stack_is_tried():
    assert is_push_service("http://127.0.0.1:8123/push/a", loopback=True)
    assert not is_push_service("http://127.0.0.1:8123/push/a")
    assert not is_push_service("http://127.0.0.1.evil.example/push/a", loopback=True)
