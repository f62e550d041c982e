"""`pregao audit verify` of a folder: what it says, its exit code, and names that would write on a screen."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from local.audit.keys import to_pem
from local.cli.audit import app
from tests.archive_fakes import der, private_key
from tests.audited import honest

AUDIT = honest(0)


@pytest.fixture
def verify(tmp_path):
    folder, key = tmp_path / "copy", tmp_path / "key.pem"
    for name, body in AUDIT.objects.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    key.write_bytes(to_pem(der(private_key())))

    def run(*more, files=()):
        for name in files:
            (folder / name).write_bytes(b"")
        said = ["verify", "--folder", str(folder), "--key", str(key)]
        return CliRunner().invoke(app, [*said, "--as-of", f"{AUDIT.as_of:%Y-%m-%dT%H:%M}", *more])

    return run


def test_an_honest_one(verify):
    first = verify()
    assert first.exit_code == 0, first.output
    (noted,) = [line.split("--seen ")[1] for line in first.output.splitlines() if "--seen " in line]
    assert verify("--seen", noted).exit_code == 0
    assert verify("--seen", "0" * 64).exit_code == 1


def test_a_name_cannot_write_over_what_is_said(verify):
    evil = "\x1b[2K\x1b[1Aeverything holds\r"
    said = verify(files=[evil, os.fsdecode(b"\xff\xfe")])
    assert said.exit_code == 1
    assert "\x1b" not in said.output
    assert "\\x1b[2K\\x1b[1Aeverything holds\\r: is no object of the archive" in said.output
    assert "\\udcff\\udcfe: is no object of the archive" in said.output
