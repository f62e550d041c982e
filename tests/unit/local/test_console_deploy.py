"""The page's upload: at no moment does an index name a file that is not there."""

from __future__ import annotations

import json
import re

import pytest

from local.stack.account.console_deploy import ASK_EACH_TIME, FOR_EVER, files, publish
from local.stack.errors import StackError
from local.stack.template import read
from tests.cloud import ROOT, template

OUTPUTS = {"WebSocketUrl": "wss://x.example/alertas", "HttpUrl": "https://x.example"}
PAGE = {"Bucket": "page", "DistributionId": "E1", "Url": "https://d.example"}


class Cloud:
    """A bucket and an edge that holds the index until it is told to drop it; says what broke at any step."""

    def __init__(self, **objects):
        self.objects, self.headers, self.steps = dict(objects), {}, []
        self.edge = self.objects.get("index.html")

    def __call__(self, _service):
        return self

    def get_paginator(self, _name):
        return self

    def paginate(self, **_asked):
        return [{"Contents": [{"Key": key} for key in self.objects]}]

    def put_object(self, Bucket, Key, Body, **headers):  # noqa: N803 boto3's names
        self.objects[Key], self.headers[Key] = Body, headers
        self.steps.append(f"put {Key}")
        self.whole()

    def delete_object(self, Bucket, Key):  # noqa: N803
        del self.objects[Key]
        self.steps.append(f"delete {Key}")
        self.whole()

    def create_invalidation(self, DistributionId, InvalidationBatch):  # noqa: N803
        self.paths = InvalidationBatch["Paths"]["Items"]
        return {"Invalidation": {"Id": "I1"}}

    def get_waiter(self, _name):
        return self

    def wait(self, **_asked):
        self.edge = self.objects["index.html"]
        self.steps.append("edges are new")

    def whole(self):
        """What the bucket's index names is there, what an edge's index names too; config.json as well."""
        for index in (self.objects.get("index.html"), self.edge):
            for name in re.findall(rb"main-\w+\.js", index or b""):
                assert name.decode() in self.objects, self.steps
        assert self.edge is None or "config.json" in self.objects, self.steps


@pytest.fixture
def built(tmp_path):
    for name, body in {
        "main-NEWNEW11.js": b"new",
        "console-NEWNEW22.css": b"css",
        "beat.js": b"beat",
        "index.html": b'<script src="main-NEWNEW11.js">',
        ".ready": b"",
    }.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


def old():
    return Cloud(**{"index.html": b"main-OLDOLD11.js", "main-OLDOLD11.js": b"old", "config.json": b"{}"})


@pytest.mark.parametrize(
    ("cloud", "old_ones"),
    [(old(), ["main-OLDOLD11.js"]), (Cloud(), [])],
    ids=["over the last version", "into an empty bucket"],
)
def test_no_visitor_meets_half_a_page(built, cloud, old_ones):
    assert publish(cloud, PAGE, files(built, OUTPUTS)) == old_ones
    assert set(cloud.objects) == {
        "main-NEWNEW11.js",
        "console-NEWNEW22.css",
        "beat.js",
        "config.json",
        "index.html",
    }
    uploads = [one for one in cloud.steps if one.startswith("put")]
    assert uploads[-1] == "put index.html"
    assert "edges are new" in cloud.steps


def test_dying_at_any_upload_leaves_a_whole_page(built):
    contents = files(built, OUTPUTS)
    for most in range(len(contents)):
        cloud = old()
        for key in list(contents)[:most]:
            cloud.put_object("page", key, contents[key])


def test_what_is_named_by_its_hash_is_kept_for_ever_the_rest_is_asked_for(built):
    cloud = Cloud()
    publish(cloud, PAGE, files(built, OUTPUTS))
    kept = {key for key, one in cloud.headers.items() if one["CacheControl"] == FOR_EVER}
    assert kept == {"main-NEWNEW11.js", "console-NEWNEW22.css"}
    assert all(one["CacheControl"] in {FOR_EVER, ASK_EACH_TIME} for one in cloud.headers.values())
    assert cloud.headers["index.html"]["ContentType"] == "text/html; charset=utf-8"
    assert set(cloud.paths) == {"/", "/index.html", "/config.json", "/beat.js"}


def test_the_page_is_told_its_socket_and_no_login(built):
    assert json.loads(files(built, OUTPUTS)["config.json"]) == {
        "websocket_url": "wss://x.example/alertas",
        "api_url": "/api",
        "dev_login": False,
    }


def test_a_page_that_is_not_built_says_so(tmp_path):
    with pytest.raises(StackError, match="make console"):
        files(tmp_path, OUTPUTS)


def test_the_page_s_stack_tells_what_is_needed():
    assert set(PAGE) == set(read(ROOT / "infra" / "console.yaml")["Outputs"])


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("", True),
        ("https://d111.cloudfront.net", True),
        ("http://127.0.0.1:8000/desk", True),
        ("https://https://d111.cloudfront.net", False),
        ("mesa.example", False),
    ],
)
def test_the_console_s_address_has_one_scheme(url, fits):
    assert bool(re.match(template()["Parameters"]["ConsoleUrl"]["AllowedPattern"], url)) == fits
