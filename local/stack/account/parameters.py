"""`make deploy`'s parameters: an environment's of infra/samconfig.toml with the desk's own over them.

SAM would take either, never both: one override on the command line drops all of the file's.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack.errors import StackError
from local.stack.template import read

ROOT = Path(__file__).resolve().parents[3]


def of_environment(root: Path, environment: str) -> dict[str, str]:
    """Return what samconfig.toml gives an environment; raises StackError for an unknown one."""
    config = tomllib.loads((root / "infra" / "samconfig.toml").read_text(encoding="utf-8"))
    if "deploy" not in config.get(environment, {}):
        raise StackError(f"infra/samconfig.toml has no environment '{environment}'; say ENV=dev or ENV=prod")
    return dict(_pairs(config[environment]["deploy"]["parameters"]["parameter_overrides"]))


def merged(known: Mapping[str, object], given: Mapping[str, str], own: Sequence[str]) -> dict[str, str]:
    """Lay one's own NAME=VALUE over those given; raises StackError for what is no parameter, or lacks one."""
    values = {**given, **_pairs(own)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise StackError(f"template.yaml has no parameter {', '.join(unknown)}; there are {', '.join(known)}")
    if not values.get("MailFrom"):
        raise StackError("who sends the e-mails? say MAIL_FROM=alertas@your-domain.example")
    return values


def _pairs(words: Sequence[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise StackError(f"{word}: write NAME=VALUE")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def main() -> int:
    """Print the overrides for an environment, a line each; NAME=VALUE of one's own after its name."""
    try:
        environment, own = sys.argv[1], [word for word in sys.argv[2:] if not word.endswith("=")]
        values = merged(read(ROOT / "template.yaml")["Parameters"], of_environment(ROOT, environment), own)
    except StackError as error:
        sys.stderr.write(f"make deploy: {error}\n")
        return 2
    sys.stdout.writelines(f"{name}={value}\n" for name, value in values.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
