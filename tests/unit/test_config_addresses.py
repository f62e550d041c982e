"""Addresses that SES cannot take are refused before anything is deployed, with file and line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from local.cli.config import undeliverable
from pregao.config.reader import ConfigError, load

SHIPPED = Path(__file__).resolve().parents[2] / "config"
TAKEN = ["ana@mesa.example", "ana.souza+alertas@mesa.example", "ana@café.example", "ana@xn--caf-dma.example"]
REFUSED = {
    "josé@mesa.example": "SES takes ASCII alone before the @",
    "ana@mesa..example": "is no domain name",
    "ana@": "is no e-mail address",
    "ana": "is no e-mail address",
    "ana@b@mesa.example": "is no e-mail address",
    "ana souza@mesa.example": "is no e-mail address",
    f"ana@{'m' * 64}.example": "is no domain name",
}
"""Whoever reads the configuration, Lambda too."""
UNDELIVERABLE = {
    "ana@mesa": "should have a period",
    "ana@-mesa.example": "hyphen",
    "ana@mesa_1.example": "invalid characters",
    "ana..souza@mesa.example": "two periods",
    f"{'a' * 65}@mesa.example": "too long",
    "ana@mesa.local": "special-use",
    "ana@straße.example": "write xn--strae-oqa.example",
}
"""By `pregao config check`."""
PLACES = {"operators.yaml": "operators[0].email", "alertas.yaml": "delivery.mail_from"}


@pytest.fixture
def written(tmp_path):
    """The shipped configuration with one address in place of another."""

    def write(file, address):
        config = Path(shutil.copytree(SHIPPED, tmp_path / "config", dirs_exist_ok=True))
        key = "email" if file == "operators.yaml" else "mail_from"
        text = (SHIPPED / file).read_text(encoding="utf-8")
        put = re.sub(rf"^( *{key}: ).*$", rf'\g<1>"{address}"', text, count=1, flags=re.MULTILINE)
        (config / file).write_text(put, encoding="utf-8")
        line = next(at for at, one in enumerate(put.splitlines(), 1) if f'"{address}"' in one)
        return config, f"{config / file}:{line}: {PLACES[file]}: "

    return write


@pytest.mark.parametrize("file", PLACES)
@pytest.mark.parametrize("address", TAKEN)
def test_taken(written, file, address):
    config, _ = written(file, address)
    assert load(config, addresses=undeliverable).digest


def test_a_domain_goes_to_ses_in_its_ascii_form(written):
    config, _ = written("operators.yaml", "ana@café.example")
    assert load(config).operators[0].operator().email == "ana@xn--caf-dma.example"


@pytest.mark.parametrize("file", PLACES)
@pytest.mark.parametrize("address", REFUSED)
def test_refused_whoever_reads_it(written, file, address):
    config, where = written(file, address)
    with pytest.raises(ConfigError) as refused:
        load(config)
    (problem,) = map(str, refused.value.problems)
    assert problem.startswith(where)
    assert REFUSED[address] in problem


@pytest.mark.parametrize("file", PLACES)
@pytest.mark.parametrize("address", UNDELIVERABLE)
def test_refused_by_the_check(written, file, address):
    config, where = written(file, address)
    with pytest.raises(ConfigError) as refused:
        load(config, addresses=undeliverable)
    (problem,) = map(str, refused.value.problems)
    assert problem.startswith(f"{where}'{address}' takes no e-mail: ")
    assert UNDELIVERABLE[address] in problem
