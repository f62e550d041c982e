"""A fresh process of a function from its artefacts: how it starts, answers and weighs."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from local.stack.artefacts import RECIPE
from tests.artefacts import FUNCTIONS, path_of
from tests.bench.noise import Timing
from tests.bench.runtime import Cloud
from tests.cloud import ROOT, template

SCRIPT = Path(__file__).with_name("started.py")
PEER = "boto3 and one client"
SERVED = 3
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""Lambda's runtime client and what it imports, of the environment of the benchmark's peers."""


@dataclass
class Starts:
    """What several fresh processes of one function (or the peer) told."""

    told: list[Mapping[str, float]] = field(default_factory=list)

    def timing(self, what: str) -> Timing:
        """Seconds until `import` or `ready`, or of `cpu` until then."""
        return Timing(tuple(one[what] for one in self.told))

    @property
    def resident(self) -> float:
        """Megabytes, the middle one."""
        return median(one["resident"] for one in self.told)


@dataclass(frozen=True)
class Shop:
    """The interpreter at hand, what was built for it, the runtime's packages, and a cloud to start in."""

    python: Path
    built: Mapping[str, Path]
    runtime: Path
    cloud: Cloud

    def start(self, function: str | None, *flags: str) -> Mapping[str, float]:
        """Start one fresh process and return what it told; None is the peer."""
        told: Mapping[str, float] = json.loads(self._run(function, *flags).stdout.splitlines()[-1])
        return told

    def _run(self, function: str | None, *flags: str) -> subprocess.CompletedProcess[str]:
        path = path_of(function, self.built, self.runtime) if function else [str(self.runtime)]
        asked = {"do": "build" if function else "peer", "path": path, "env": self._env(function)}
        done = subprocess.run(self._command(asked, *flags), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    def imports(self, function: str | None) -> dict[str, int]:
        """Microseconds that each module took by itself to be imported."""
        found = re.findall(
            r"import time: +(\d+) \| +\d+ \| +(\S+)", self._run(function, "-X", "importtime").stderr
        )
        return {module: int(took) for took, module in found}

    def serve(self, function: str, client: Path) -> tuple[str, float]:
        """Start a function in Lambda's runtime client: how it answered its sample event, after how many s."""
        event = (ROOT / FUNCTIONS[function]["CodeUri"] / "event.json").read_bytes()
        self.cloud.offer(event)
        env = self._env(function) | {"AWS_LAMBDA_RUNTIME_API": self.cloud.address}
        asked = {
            "do": "serve",
            "path": [*path_of(function, self.built, self.runtime), str(client)],
            "env": env,
        }
        began = perf_counter()
        running = subprocess.Popen(self._command(asked), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            how, at = self.cloud.wait()
        finally:
            running.kill()
            running.wait()
        return how, at - began

    def _command(self, asked: Mapping[str, Any], *flags: str) -> list[str]:
        return [str(self.python), "-I", "-S", *flags, str(SCRIPT), json.dumps(asked)]

    def _env(self, function: str | None) -> dict[str, str]:
        shared = template()["Globals"]["Function"]["Environment"]["Variables"]
        own = FUNCTIONS[function].get("Environment", {}).get("Variables", {}) if function else {}
        given = {name: _value(name, value, self.cloud.url) for name, value in {**shared, **own}.items()}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        context = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}
        return {
            **given,
            **keys,
            **context,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.cloud.url,
        }


def _value(name: str, value: Any, url: str) -> str:
    """A variable as the deployed stack would fill it in: a name where one will do."""
    known = {"PREGAO_MAIL_FROM": "pregao@mesa.example", "PREGAO_ALLOW_REPLAY": "false"}
    if name in known or not isinstance(value, dict):
        return known.get(name, str(value))
    return url if "URL" in name else "named-by-the-stack"


def in_turns(shop: Shop, times: int, *flags: str) -> dict[str, Starts]:
    """Start everything so many times in turns, so that a slow moment of the machine hits all alike."""
    starts = {PEER: Starts(), **{name: Starts() for name in FUNCTIONS}}
    shop.start(None)  # boto3's own bytecode, as the runtime has it
    for _ in range(times):
        starts[PEER].told.append(shop.start(None))
        for name in FUNCTIONS:
            starts[name].told.append(shop.start(name, *flags))
    return starts


def served(shop: Shop, function: str, client: Path) -> float | None:
    """Seconds from a process's start to its first answer, the median; None where the answer was an error."""
    answers = [shop.serve(function, client) for _ in range(SERVED)]
    well = all(how == "response" for how, _ in answers)
    return median(seconds for _, seconds in answers) if well else None


def loaded(shop: Shop, function: str) -> dict[str, float]:
    """Milliseconds by package of what a function imports beside the peer, each module's least."""
    every = [shop.imports(function) for _ in range(SERVED)]
    ours = {module: min(one.get(module, took) for one in every) for module, took in every[0].items()}
    took: Counter[str] = Counter()
    for module in ours.keys() - shop.imports(None).keys():
        took[module.split(".")[0]] += ours[module]
    return {package: micros / 1e3 for package, micros in took.items()}


def made(name: str, folder: Path) -> Path:
    """Run the recipe as `sam build` does: for Lambda's Python, whatever Python is at hand."""
    command = ["make", "--silent", "--makefile", str(RECIPE), f"build-{name}", f"ARTIFACTS_DIR={folder}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=os.environ)
    return folder


def weighed(folder: Path) -> tuple[float, float]:
    """Megabytes of a folder, zipped and as it is."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            target.write(path, path.relative_to(folder))
    return len(packed.getvalue()) / 1e6, sum(path.stat().st_size for path in files) / 1e6


def memory_of(function: str) -> int:
    """The MemorySize that the template gives a function, MB."""
    return int(FUNCTIONS[function].get("MemorySize", template()["Globals"]["Function"]["MemorySize"]))


def without_bytecode(folder: Path, target: Path) -> Path:
    """Copy an artefact as it is where nobody compiled it."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def client_in(folder: Path) -> Path | None:
    """Lambda's runtime client alone, where the benchmark's environment has it."""
    packages = next((ROOT / ".tools" / "bench" / "lib").glob("python3*/site-packages"), None)
    folder.mkdir()
    for one in packages.iterdir() if packages else ():
        if one.name.split(".")[0] in CLIENT:
            (folder / one.name).symlink_to(one)
    return folder if any(folder.iterdir()) else None
