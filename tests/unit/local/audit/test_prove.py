"""A proof of each alert holds for somebody with the public key and fifty lines; an altered one does not."""

from __future__ import annotations

import ast
import json
import random
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from importlib import util
from pathlib import Path

import pytest

from local.audit.keys import to_pem
from pregao.aws.archive.prove import prove
from pregao.domain.audit.archive_days import ArchiveError
from tests.archive_fakes import der, private_key
from tests.audited import RUNS, honest
from tests.forger import OTHERS

CHECK = Path(__file__).parents[4] / "infra" / "check_proof.py"
AUDIT = honest(3)
EVERY = [one for records in AUDIT.store.records.values() for one in records]
TODAY = AUDIT.as_of.date().isoformat()
"""Not signed yet."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("archive")
    for key, body in AUDIT.objects.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(body)
    return root


@pytest.fixture(scope="module")
def proofs(folder):
    """Of every alert that is signed."""
    alerts = {one["alert_id"] for one in EVERY if one["kind"] == "alert" and one["day"] < TODAY}
    return [prove(folder, one) for one in sorted(alerts)]


@pytest.fixture(scope="module")
def check():
    """The script's function, for the many."""
    spec = util.spec_from_file_location("check_proof", CHECK)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def holds(proof, pem):
        try:
            module.check(proof, pem)
        except (module.InvalidSignature, LookupError, ValueError, TypeError):
            return False
        return True

    return holds


PEM = to_pem(der(private_key()))


def run(tmp_path, proof, pem=PEM):
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    (tmp_path / "key.pem").write_bytes(pem)
    command = [sys.executable, "-I", str(CHECK), str(tmp_path / "proof.json"), str(tmp_path / "key.pem")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_fifty_lines_that_need_one_library():
    text = CHECK.read_text()
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == {"cryptography"}
    assert len([one for one in text.splitlines() if one]) <= 50


def test_each_record_of_each_alert_is_proved(proofs, check):
    assert len(proofs) > 10
    for proof in proofs:
        told = {json.loads(one["line"])["hash"] for one in proof["records"]}
        about = [one for one in EVERY if one.get("alert_id") == proof["alert_id"]]
        assert told == {one["hash"] for one in about if one["day"] < TODAY}
        assert check(proof, PEM)


def test_a_stranger_runs_it(proofs, tmp_path):
    proof = max(proofs, key=lambda one: len(one["records"]))
    said = run(tmp_path, proof)
    assert (said.returncode, said.stderr) == (0, "")
    assert (
        said.stdout == f"confere · holds: {proof['alert_id']}, registros · records: {len(proof['records'])}\n"
    )


def altered(proof, dice):
    """A proof with one thing changed."""
    other, number = deepcopy(proof), dice.randrange(len(proof["records"]))
    record = other["records"][number]
    digest = dice.choice(other["digests"])
    line = json.loads(record["line"])
    field = dice.choice(sorted(line))
    match dice.randrange(9):
        case 0:
            line[field] = f"{line[field]}x"
            record["line"] = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        case 2:
            other["alert_id"] = other["alert_id"][::-1]
        case 3:
            record["object"] = record["object"].replace("/year=2026", "/year=2025")
        case 4:
            record["path"].append("00" * 32)
        case 5:
            record["path"] = record["path"][:-1] if record["path"] else ["00" * 32]
        case 6:
            at = dice.randrange(len(digest["payload"]))
            digest["payload"] = digest["payload"][:at] + "#" + digest["payload"][at + 1 :]
        case 7:
            digest["signature"] = f"{int(digest['signature'], 16) ^ 1 << dice.randrange(200):x}"
        case 8:
            other["digests"].remove(digest)
        case 1:
            other["records"] = []
    return other


def test_each_alteration_is_refused(proofs, check):
    dice = random.Random(0)
    for _ in range(20 * RUNS):
        proof = dice.choice(proofs)
        while (other := altered(proof, dice)) == proof:
            continue  # a value put in place of itself is no alteration
        assert not check(other, PEM), other


def test_a_record_of_another_alert_is_refused(proofs, check):
    one, other, *_ = [deepcopy(proof) for proof in proofs]
    one["records"] += other["records"]
    one["digests"] += other["digests"]
    assert not check(one, PEM)


def test_another_key_and_nonsense_are_refused_in_a_line(proofs, tmp_path):
    dice = random.Random(1)
    for proof, pem in [
        (proofs[0], to_pem(der(OTHERS.key))),
        (altered(proofs[0], dice), PEM),
        ({}, PEM),
        ({"digests": 1, "records": None}, PEM),
    ]:
        said = run(tmp_path, proof, pem)
        assert said.returncode == 1
        assert said.stderr.startswith("NÃO CONFERE · DOES NOT HOLD: ")
        assert len(said.stderr.splitlines()) == 1


def test_the_beginning_of_an_id_is_enough_and_one_of_several_is_listed(folder):
    ids = sorted({one["alert_id"] for one in EVERY if one["kind"] == "alert" and one["day"] < TODAY})
    assert prove(folder, f"{ids[0][:10].upper()}…")["alert_id"] == ids[0]
    first = next(start for start in "0123456789abcdef" if sum(one.startswith(start) for one in ids) > 1)
    with pytest.raises(ArchiveError, match="write more of the id") as told:
        prove(folder, first)
    listed = [one for one in ids if one.startswith(first)]
    assert all(one[:16] in str(told.value) for one in listed[:10])
    with pytest.raises(ArchiveError, match="'zz': nenhum alerta assim"):
        prove(folder, "zz")


def test_a_proof_that_does_not_hold_is_told_in_one_sentence(proofs, tmp_path):
    """An edited line, another key, a part taken out, no JSON, no file: one line, none of the proof in it."""
    proof = max(proofs, key=lambda one: len(one["records"]))
    edited = deepcopy(proof)
    edited["records"][0]["line"] = edited["records"][0]["line"].replace('"kind"', '"kinD"', 1)
    cut = {**proof, "digests": []}
    for other, pem in ((edited, PEM), (cut, PEM), (proof, to_pem(der(OTHERS.key))), ([], PEM), ({}, PEM)):
        said = run(tmp_path, other, pem)
        assert (said.returncode, said.stdout) == (1, "")
        assert re.fullmatch(r"NÃO CONFERE · DOES NOT HOLD: [^\n]{10,400}\.\n", said.stderr), said.stderr
    (tmp_path / "proof.json").write_text("no json")
    command = [sys.executable, "-I", str(CHECK)]
    for words in ([tmp_path / "proof.json", tmp_path / "key.pem"], [tmp_path / "none", "x"], ["one"]):
        said = subprocess.run([*command, *map(str, words)], capture_output=True, text=True, check=False)
        assert said.returncode == 1
        assert len(said.stderr.splitlines()) == 1, said.stderr
        assert "Traceback" not in said.stderr


def test_what_is_not_there_or_not_signed_yet_is_said(folder, tmp_path):
    with pytest.raises(ArchiveError, match="'f"):
        prove(folder, "f" * 64)
    unsigned = Path(shutil.copytree(folder, tmp_path / "unsigned"))
    shutil.rmtree(unsigned / "digest")
    first = min((one for one in EVERY if one["kind"] == "alert"), key=lambda one: one["recorded_at"])
    with pytest.raises(ArchiveError, match="ask again in an hour"):
        prove(unsigned, first["alert_id"])
