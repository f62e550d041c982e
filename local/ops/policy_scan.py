"""`make scan`: checkov over every template. What it finds and we keep has its reason in infra/scan.yaml.

template.yaml is scanned as AWS's SAM translator expands it, so that roles and stages are judged that stand in
no file. And each action that a role names is held against the service authorization reference: a misspelt one
allows, or denies, nothing.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from local.stack.template import SOURCE, Template, read

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "infra" / "scan.yaml"
TOOLS = ROOT / ".tools"
CHECKOV = ("--skip-download", "--framework", "cloudformation", "--quiet", "--compact", "--output", "json")
"""Nothing is asked of a network."""
SAM = "template.yaml"
EXPAND = """
import json, sys
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
template, values = json.load(sys.stdin)
print(json.dumps(Translator({}, Parser()).translate(template, values)))
"""
KNOWN = """
import json, sys
from policy_sentry.querying.actions import get_action_data
print(json.dumps([one for one in json.load(sys.stdin) if not get_action_data(*one.split(":"))]))
"""
DEPLOYED = {"MailFrom": "alertas@mesa.example", "Rollout": "canary"}


class Finding(NamedTuple):
    """What checkov found: `check` is its id, `file` from the root, `resource` the logical id."""

    check: str
    file: str
    resource: str
    title: str = ""


class Kept(NamedTuple):
    """A finding that is kept: on which resources of a file (a pattern), and why."""

    check: str
    file: str
    resource: str
    why: str

    def covers(self, found: Finding) -> bool:
        """Tell whether it is about this finding."""
        return (self.check, self.file) == (found.check, found.file) and fnmatchcase(
            found.resource, self.resource
        )


def templates(root: Path) -> list[str]:
    """Return every CloudFormation template, from the root."""
    others = sorted(root.glob("infra/*.yaml"))
    texts = [one for one in others if "AWSTemplateFormatVersion" in one.read_text(encoding="utf-8")]
    return ["template.yaml", *(one.relative_to(root).as_posix() for one in texts)]


def scanned(root: Path, files: Sequence[str]) -> list[Finding]:
    """Run checkov over templates below `root`; raises CalledProcessError when it cannot read one."""
    asked = [str(TOOLS / "scan" / "bin" / "checkov"), *CHECKOV, "--soft-fail", "--file", *files]
    done = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=True, timeout=300)
    told = json.loads(done.stdout)
    broken = told.get("results", {}).get("parsing_errors", [])
    if broken or "results" not in told:
        raise ValueError(f"checkov read nothing of {', '.join(broken or files)}")
    return [_finding(one) for one in told["results"]["failed_checks"]]


def expanded(template: Template) -> Template:
    """Return what AWS is given of template.yaml: SAM's translation, as if sources were uploaded."""
    told = copy.deepcopy(template)
    for one in told["Resources"].values():
        if one["Type"] in SOURCE:
            one["Properties"][SOURCE[one["Type"]]] = "s3://artefacts/one.zip"
    asked = json.dumps([told, DEPLOYED])
    return dict(json.loads(_asked(TOOLS / "sam" / "bin" / "python", EXPAND, asked)))


def unknown_actions(template: Template) -> list[str]:
    """Return the actions in an expanded template's policies that no service has; `*` is not asked."""
    actions = sorted({one for one in _actions(template["Resources"]) if "*" not in one})
    return list(json.loads(_asked(TOOLS / "scan" / "bin" / "python", KNOWN, json.dumps(actions))))


def _actions(part: Any) -> Iterator[str]:
    """Yield every action that a statement in this part of a template names."""
    if isinstance(part, dict):
        if "Effect" in part:
            action = part.get("Action", [])
            yield from [action] if isinstance(action, str) else action
        for one in part.values():
            yield from _actions(one)
    elif isinstance(part, list):
        for one in part:
            yield from _actions(one)


def _asked(python: Path, script: str, told: str) -> str:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", script],
        input=told,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"AWS_DEFAULT_REGION": "sa-east-1"},
    )
    return done.stdout


def _finding(told: Mapping[str, Any]) -> Finding:
    resource = told["resource"].rpartition(".")[2]
    return Finding(told["check_id"], told["file_path"].lstrip("/"), resource, told["check_name"])


def kept(path: Path) -> list[Kept]:
    """Read the findings that are kept: check → why, and the resources by file."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Kept(check, file, resource, " ".join(one["why"].split()))
        for check, entries in read.items()
        for one in entries
        for file, resources in one["where"].items()
        for resource in resources
    ]


def judged(found: Iterable[Finding], reasons: Sequence[Kept]) -> Iterator[str]:
    """Say what stands against the templates: findings without a reason, reasons without a finding."""
    findings = list(found)
    for one in findings:
        if not any(reason.covers(one) for reason in reasons):
            yield f"{one.file}: {one.resource}: {one.check} {one.title}"
    for reason in reasons:
        if not any(reason.covers(one) for one in findings):
            idle = f"{reason.check} on {reason.resource} of {reason.file}"
            yield f"infra/scan.yaml: {idle} is not needed any more"


def main() -> int:
    """Scan and tell; the exit code is 0 when nothing stands against the templates."""
    names = templates(ROOT)
    cloud = expanded(read(ROOT / SAM))
    with TemporaryDirectory(prefix="scan-") as scratch:
        for name in names:
            Path(scratch, name).parent.mkdir(exist_ok=True)
            text = json.dumps(cloud) if name == SAM else (ROOT / name).read_text(encoding="utf-8")
            Path(scratch, name).write_text(text, encoding="utf-8")
        against = list(judged(scanned(Path(scratch), names), kept(KEPT)))
    against += [f"{SAM}: no service has the action {one}" for one in unknown_actions(cloud)]
    sys.stderr.writelines(f"{line}\n" for line in against)
    return bool(against)


if __name__ == "__main__":
    sys.exit(main())
