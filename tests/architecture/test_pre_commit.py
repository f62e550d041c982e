"""What runs before a commit is what `make check` runs, and nothing else."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_hooks_are_the_commands_of_make_check():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    entries = [hook["entry"] for hook in hooks if "stages" not in hook]
    recipe = re.search(
        r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    commands = [
        line.partition(" ||")[0] for line in re.findall(r"^\t@\$\(VENV\)/(.*)$", recipe[1], re.MULTILINE)
    ]
    assert [entry.removeprefix(".venv/bin/") for entry in entries] == commands
    assert [hook["entry"] for hook in hooks if hook.get("stages") == ["pre-push"]] == ["make check"]
