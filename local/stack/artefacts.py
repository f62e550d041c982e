"""Functions and layers for the emulator's interpreter, built by infra/Makefile when their inputs changed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.stack.errors import StackError
from local.stack.ministack.emulator import interpreter
from local.stack.template import FUNCTION, Template, of_type, read, sources

RECIPE = Path("infra", "Makefile")
MTIME = (2020, 1, 1, 0, 0, 0)  # the same content is the same zip
KEPT_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Builder:
    """Where things are built from and for whom; `config_dir` goes into the layer of our own code."""

    root: Path
    config_dir: Path
    python: Path
    version: str
    template: Template

    @classmethod
    def at(cls, root: Path, config_dir: Path | None = None) -> Builder:
        """Look at the emulator's interpreter; raises StackError when it is missing."""
        python = interpreter(root)
        asked = [str(python), "-c", "import sys; print(sys.version)"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout
        return cls(root, config_dir or root / "config", python, version, read(root / "template.yaml"))

    def build_all(self) -> dict[str, Path]:
        """Return a folder for every function and layer of template.yaml, by logical id; raises StackError."""
        names = list(sources(self.template))
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(names, pool.map(self.build, names), strict=True))

    def build(self, name: str) -> Path:
        """Return one function or layer as a folder, built unless the same inputs were built before."""
        shelf = self.root / ".pregao" / "build"
        artefact = shelf / f"{name}-{self._digest(name)}"
        if artefact.is_dir():
            os.utime(artefact)
            return artefact
        shelf.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=shelf) as scratch:
            folder = Path(scratch, "out")
            self.make(name, folder)
            with contextlib.suppress(FileExistsError, OSError):  # another process built the same
                folder.rename(artefact)
        _remove_old(shelf, name)
        return artefact

    def packed(self, name: str, folder: Path) -> bytes:
        """Return what the emulator gets: a function as it is, a layer as a pointer to its folder.

        A worker of the emulator unpacks its layers, 2,000 files, at every cold start.
        """
        if name in of_type(self.template, FUNCTION):
            return _zip({path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)})
        pointer = f"import sys; sys.path.insert(0, {str(folder / 'python')!r})\n"
        minor = ".".join(self.version.split(".")[:2])
        return _zip({f"python/lib/python{minor}/site-packages/pregao_layer.pth": pointer.encode()})

    def make(self, name: str, folder: Path) -> None:
        """Run the recipe of one function or layer into `folder`; raises StackError with what make said."""
        command = ["make", "--silent", "--makefile", str(RECIPE), f"build-{name}", f"ARTIFACTS_DIR={folder}"]
        settings = [f"PREGAO_BUILD_INTERPRETER={self.python}", f"PREGAO_BUILD_CONFIG={self.config_dir}"]
        made = subprocess.run(
            command + settings, cwd=self.root, capture_output=True, text=True, check=False, timeout=600
        )
        if made.returncode:
            raise StackError(f"{RECIPE} cannot build {name}:\n{(made.stdout + made.stderr).strip()}")

    def inputs(self, name: str) -> list[Path]:
        """Return the files that decide what an artefact holds."""
        folder = self.root / sources(self.template)[name]
        if name in of_type(self.template, FUNCTION):
            return sorted(folder.glob("*.py"))
        ours = sorted(folder.rglob("*.py")) + sorted(self.config_dir.glob("*.yaml"))
        return ours if (folder / "python").is_dir() else [folder / "requirements.txt"]

    def folders(self) -> list[Path]:
        """Return the folders that hold all inputs."""
        return [self.root / "functions", self.root / "layers", self.config_dir]

    def _digest(self, name: str) -> str:
        said = hashlib.sha256(self.version.encode())
        for path in [self.root / RECIPE, *self.inputs(name)]:
            said.update(f"\0{path.name}\0{path.parent.name}\0".encode() + path.read_bytes())
        return said.hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _zip(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, MTIME), content)
    return target.getvalue()


def _remove_old(shelf: Path, name: str) -> None:
    for old in shelf.glob(f"{name}-*"):
        if time.time() - old.stat().st_mtime > KEPT_S:
            shutil.rmtree(old, ignore_errors=True)
