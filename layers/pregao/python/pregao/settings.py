"""The one reader of the environment: what template.yaml tells a function."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

_OTHERS = {"allow_replay", "loopback_push", "config_dir"}
"""What is no text."""


class SettingsError(Exception):
    """The environment lacks something; the message names the variables and where they are set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of the stack's resources. A function reads only what it is given; see `require`."""

    admission_table: str = ""
    connections_table: str = ""
    candles_table: str = ""
    alertas_table: str = ""
    entrega_table: str = ""
    acao_table: str = ""
    alert_queue_url: str = ""
    alert_dead_letters_url: str = ""
    fallback_queue_url: str = ""
    fallback_dead_letters_url: str = ""
    feedback_dead_letters_url: str = ""
    audit_bucket: str = ""
    digest_key_id: str = ""
    token_secret_arn: str = ""
    channels_secret_arn: str = ""
    mail_from: str = ""
    mail_events: str = ""
    public_url: str = ""
    console_url: str = ""
    allow_replay: bool = False
    loopback_push: bool = False
    config_dir: Path = Path()

    @classmethod
    def require(cls, *names: str, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; raises SettingsError naming every required field that is missing."""
        read = {field.name: env.get(f"PREGAO_{field.name.upper()}", "") for field in fields(cls)}
        missing = [f"PREGAO_{name.upper()}" for name in names if not read[name]]
        if missing:
            raise SettingsError(f"missing in the environment: {', '.join(missing)}; template.yaml sets them")
        return cls(
            **{name: value for name, value in read.items() if name not in _OTHERS},
            allow_replay=read["allow_replay"].lower() == "true",
            loopback_push=read["loopback_push"].lower() == "true",
            config_dir=Path(read["config_dir"]) if read["config_dir"] else _bundled_config(),
        )


def _bundled_config() -> Path:
    # The layer holds config/ beside python/; in Lambda that is /opt/config.
    return Path(__file__).resolve().parents[2] / "config"


def in_lambda() -> bool:
    """Tell whether this process serves a function, in the cloud or in the emulator."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ
