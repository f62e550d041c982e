"""template.yaml as AWS's own SAM translator expands it, which lives in the emulator's environment."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

from local.ops.policy_scan import EXPAND
from tests.emulated import EMULATOR, need_emulator


def expanded(template: Mapping[str, Any], **parameters: str) -> dict[str, Any]:
    """Return the CloudFormation that AWS would be given; `parameters` are the deployment's."""
    need_emulator()
    sources = {"CodeUri": "s3://artefacts/code", "ContentUri": "s3://artefacts/layer"}
    told = json.loads(json.dumps(template))
    for one in told["Resources"].values():
        for name, uri in sources.items():
            if name in one.get("Properties", {}):
                one["Properties"][name] = uri + one["Properties"][name].strip("/").replace("/", "-")
    return dict(json.loads(_translated(json.dumps([told, parameters]))))


@cache
def _translated(asked: str) -> str:
    done = subprocess.run(
        [EMULATOR, "-W", "ignore", "-c", EXPAND],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": "sa-east-1"},
        timeout=60,
    )
    return done.stdout
