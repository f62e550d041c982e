"""`make scan`: checkov over every template. What it finds and we keep has its reason in infra/scan.yaml."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "infra" / "scan.yaml"
CHECKOV = ("--skip-download", "--framework", "cloudformation", "--quiet", "--compact", "--output", "json")
"""Nothing is asked of a network."""


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
    asked = [str(ROOT / ".tools" / "scan" / "bin" / "checkov"), *CHECKOV, "--soft-fail", "--file", *files]
    done = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=True, timeout=300)
    told = json.loads(done.stdout)
    broken = told.get("results", {}).get("parsing_errors", [])
    if broken or "results" not in told:
        raise ValueError(f"checkov read nothing of {', '.join(broken or files)}")
    return [_finding(one) for one in told["results"]["failed_checks"]]


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
    against = list(judged(scanned(ROOT, templates(ROOT)), kept(KEPT)))
    sys.stderr.writelines(f"{line}\n" for line in against)
    return bool(against)


if __name__ == "__main__":
    sys.exit(main())
