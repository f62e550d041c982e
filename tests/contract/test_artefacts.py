"""What is shipped: every handler imports from its built artefacts alone, numpy only where it belongs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from local.stack.artefacts import Builder
from pregao.config import compiled, reader
from tests.artefacts import FUNCTIONS, LAYERS, path_of, runtime_in
from tests.cloud import ROOT, template
from tests.emulated import need_emulator

IMPORT = """
import json, sys
sys.path += json.loads(sys.argv[1])
import handler
origins = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
print(json.dumps({"callable": callable(handler.handle), "origins": origins}))
"""
CLOUD = ROOT / ".aws-sam" / "build"


@pytest.fixture(scope="module")
def built():
    """Every function and layer, built for the interpreter that runs the functions on this machine."""
    need_emulator()
    return Builder.at(ROOT).build_all()


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder with boto3 and what it needs."""
    return runtime_in(tmp_path_factory.mktemp("runtime"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_imports_from_its_artefacts_alone(built, runtime, function):
    """In an interpreter without site-packages: a forgotten dependency fails here, not in the account."""
    said = imported(Builder.at(ROOT).python, path_of(function, built, runtime))
    assert said["origins"]["pregao"].startswith(str(built["PregaoLayer"]))
    assert ("numpy" in said["origins"]) == (function in {"DetectFunction", "CalibrateFunction"})


def imported(python, folders):
    command = [python, "-I", "-S", "-c", IMPORT, json.dumps(folders)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert said["callable"]
    return said


def test_the_layer_of_our_own_carries_the_configuration(built):
    shipped = {path.name for path in (built["PregaoLayer"] / "config").iterdir()}
    assert shipped == {path.name for path in (ROOT / "config").glob("*.yaml")} | {compiled.NAME}


def test_what_was_built_once_is_not_built_again(built, monkeypatch):
    """Same inputs, same artefact; another configuration is another layer, the rest stays."""
    builder = Builder.at(ROOT)
    monkeypatch.setattr(Builder, "make", lambda *_: pytest.fail("built again"))
    assert builder.build_all() == built


def test_another_configuration_is_another_layer(built, tmp_path):
    for path in (ROOT / "config").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    again = Builder.at(ROOT, tmp_path).build_all()
    assert {name for name, folder in again.items() if folder != built[name]} == {"PregaoLayer"}
    assert "# mine" in (again["PregaoLayer"] / "config" / "alertas.yaml").read_text(encoding="utf-8")


def test_the_configuration_comes_compiled_and_says_what_the_yaml_says(built, monkeypatch):
    folder = built["PregaoLayer"] / "config"
    expected = reader.load(folder, env={})
    monkeypatch.setattr(compiled, "_read", lambda *_: pytest.fail("the YAML was read"))
    assert compiled.load(folder, {}) == expected


# --- sam build's, for Lambda's Python: made by `make build`, which `make check` calls ---


@pytest.fixture(scope="module")
def cloud():
    """The folder of `sam build`, when it was made of the sources as they are."""
    if not CLOUD.is_dir():
        pytest.skip("sam build has not been run; run: make build")
    source, shipped = ROOT / "layers" / "pregao" / "python", CLOUD / "PregaoLayer" / "python"
    pairs = {path: shipped / path.relative_to(source) for path in source.rglob("*.py")}
    pairs |= {
        ROOT / "functions" / folder_of(name) / "handler.py": CLOUD / name / "handler.py" for name in FUNCTIONS
    }
    if not all(twin.exists() and path.read_bytes() == twin.read_bytes() for path, twin in pairs.items()):
        pytest.skip("what sam build made is older than the sources; run: make build")
    return CLOUD


def folder_of(function):
    return Path(FUNCTIONS[function]["CodeUri"]).name


def test_the_cloud_gets_every_function_and_layer(cloud):
    """Handlers lie at the top of a function, modules below python/ in a layer, as Lambda wants them."""
    for name in FUNCTIONS:
        assert (cloud / name / "handler.py").is_file()
    for name in LAYERS:
        assert (cloud / name / "python").is_dir()
    assert (cloud / "PregaoLayer" / "config" / "alertas.yaml").is_file()


@pytest.mark.parametrize("layer", ["VendorLayer", "NumericLayer", "SqlLayer"])
def test_the_cloud_gets_wheels_for_its_own_python(cloud, layer):
    """Whatever Python is at hand here: compiled modules are for the template's runtime on Linux x86_64."""
    tag = "cp" + template()["Globals"]["Function"]["Runtime"].removeprefix("python").replace(".", "")
    wheels = list((cloud / layer).rglob("*.dist-info/WHEEL"))
    assert wheels
    for wheel in wheels:
        tags = [line.split()[1] for line in wheel.read_text().splitlines() if line.startswith("Tag:")]
        assert any(fits(one, tag) for one in tags), wheel
    modules = [path.name for path in (cloud / layer).rglob("*.so") if "openblas" not in path.name]
    assert modules
    assert all(f".cpython-{tag[2:]}-x86_64-linux-gnu." in name or ".abi3." in name for name in modules)


@pytest.fixture(scope="module")
def cloud_python():
    """The interpreter that compiled the artefacts, of the cloud's minor version, where there is one."""
    asked = ["make", "--silent", "--makefile", "infra/Makefile", "compiler"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    if not found:
        pytest.skip("there is no Python of the template's Runtime here")
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_imports_from_what_sam_built(cloud, cloud_python, runtime, function):
    """The very folders that go to Lambda, in its own minor version."""
    folders = path_of(function, {name: cloud / name for name in [*FUNCTIONS, *LAYERS]}, runtime)
    said = imported(cloud_python, folders)
    assert said["origins"]["pregao"].startswith(str(cloud))


def test_the_cloud_gets_bytecode_of_its_own_python(cloud, cloud_python):
    """One for each source: Lambda cannot write any, and would compile all at each cold start."""
    tag = f"cpython-{template()['Globals']['Function']['Runtime'].removeprefix('python').replace('.', '')}"
    sources = [path for path in cloud.rglob("*.py") if "__pycache__" not in path.parts]
    lacking = [
        path for path in sources if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists()
    ]
    assert sources
    assert not lacking


def fits(wheel_tag, python):
    interpreter, abi, platform = wheel_tag.split("-")
    pure = "py3" in interpreter.split(".") and (abi, platform) == ("none", "any")
    stable = abi == "abi3" and int(interpreter.removeprefix("cp")) <= int(python.removeprefix("cp"))
    own = stable or python in (interpreter, abi)
    return pure or (own and "manylinux" in platform and "x86_64" in platform)


def test_numpy_is_shipped_once(cloud):
    assert [path.parent.parent.name for path in cloud.glob("*/python/numpy")] == ["NumericLayer"]


def test_duckdb_is_shipped_once(cloud):
    assert [path.parent.parent.name for path in cloud.glob("*/python/duckdb")] == ["SqlLayer"]
