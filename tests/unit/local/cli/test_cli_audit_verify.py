"""`pregao audit verify` of a folder: what it says, its exit code, and names that would write on a screen."""

from __future__ import annotations

import gzip
import hashlib
import os

import openpyxl
import pytest
from typer.testing import CliRunner

from local.audit.keys import to_pem
from local.cli.audit import app
from tests.archive_fakes import der, private_key
from tests.audited import honest
from tests.forger import OTHERS

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
    told = "não é um objeto do arquivo · is no object of the archive"
    assert f"\\x1b[2K\\x1b[1Aeverything holds\\r: {told}" in said.output
    assert f"\\udcff\\udcfe: {told}" in said.output


def test_it_ends_in_a_sentence_to_sign(verify):
    last = verify().output.splitlines()[-1]
    days = sorted({name.split("day=")[1][:2] for name in AUDIT.objects if name.startswith("table=")})
    for said in (
        f"from 2026-11-{days[0]} to 2026-11-{days[-1]}",
        "the whole archive",
        "hourly digests signed until 2026-11-29 00:00 UTC",
        f"by the key SHA-256 {hashlib.sha256(der(private_key())).hexdigest()[:16]}",
        "everything holds.",
    ):
        assert said in last


def test_a_tampered_byte_and_a_removed_object_are_told_in_the_sentence(verify, tmp_path):
    objects = sorted((tmp_path / "copy").rglob("*.jsonl.gz"))
    content = objects[0].read_bytes()
    objects[0].write_bytes(gzip.compress(gzip.decompress(content).replace(b'"kind"', b'"kinD"', 1), mtime=0))
    last = verify().output.splitlines()[-1]
    assert "DOES NOT HOLD" in last
    assert objects[0].name in last or "its content" in last
    objects[0].write_bytes(content)
    objects[3].unlink()
    last = verify().output.splitlines()[-1]
    assert "DOES NOT HOLD" in last
    assert objects[3].name in last


def test_another_archives_key_is_not_called_tampering(verify, tmp_path):
    (tmp_path / "key.pem").write_bytes(to_pem(der(OTHERS.key)))
    said = verify()
    assert said.exit_code == 1
    assert "NOT PROVED" in said.output.splitlines()[-1]
    assert "signed by the key at hand: is it this archive's key?" in said.output
    assert "DOES NOT HOLD" not in said.output


def test_a_folder_around_the_copy_will_do_and_one_that_is_none_is_told_so(verify, tmp_path):
    assert verify().exit_code == 0
    words = ["verify", "--key", str(tmp_path / "key.pem"), "--as-of", f"{AUDIT.as_of:%Y-%m-%dT%H:%M}"]
    around = CliRunner().invoke(app, [*words, "--folder", str(tmp_path)])
    assert around.exit_code == 0, around.output
    (tmp_path / "none").mkdir()
    none = CliRunner().invoke(app, [*words, "--folder", str(tmp_path / "none")])
    assert "holds no table of the archive" in str(none.exception)


def test_some_days_are_verified_by_themselves(verify, tmp_path):
    """An object taken away is a fault of its day, and of no other."""
    victim = min(path for path in (tmp_path / "copy").rglob("*.jsonl.gz") if "day=24" in str(path))
    victim.unlink()
    assert verify("--day", "2026-11-24").exit_code == 1
    said = verify("--from", "2026-11-26", "--to", "27/11/2026")
    assert said.exit_code == 0, said.output
    assert "from 2026-11-26 to 2026-11-27 (a partial copy, those days alone)" in said.output


@pytest.mark.usefixtures("verify")
def test_an_export_is_verified_for_its_own_days(tmp_path):
    """However old the copy is: what came after these days is not asked about."""
    copy, out = tmp_path / "copy", tmp_path / "days.xlsx"
    words = [
        "export",
        "--folder",
        str(copy),
        "--key",
        str(tmp_path / "key.pem"),
        "--format",
        "xlsx",
        "--force",
    ]

    def export(first: str, last: str) -> tuple[int, str]:
        said = CliRunner().invoke(app, [*words, "--out", str(out), "--from", first, "--to", last])
        cover = dict(row[:2] for row in openpyxl.load_workbook(out)["Capa"].values if row[0])
        assert f"· {cover['Conferência']}" in said.output.splitlines()
        return said.exit_code, said.output.splitlines()[-1]

    code, said = export("2026-11-24", "2026-11-26")
    assert said.endswith("everything holds."), said
    assert code == 0
    min(path for path in copy.rglob("*.jsonl.gz") if "day=24" in str(path)).unlink()
    code, said = export("2026-11-24", "2026-11-26")
    assert "DOES NOT HOLD" in said
    assert code == 1
    assert export("2026-11-26", "2026-11-26")[0] == 0


def test_an_old_copy_is_told_how_it_is_verified(verify):
    said = verify("--as-of", "2027-01-01T00:00").output.splitlines()[-1]
    assert "are missing; was it copied at another time? say when: --as-of" in said
