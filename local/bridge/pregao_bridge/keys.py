"""The bridge's AWS keys: a profile of the shared credentials file, or the environment."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.credentials import EnvProvider, SharedCredentialProvider
from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials, ReadOnlyCredentials


class KeysError(Exception):
    """No keys; `place` is where they were looked for."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class BridgeKeys:
    """Keys that may be renewed while the bridge runs: the file is read again when it has changed.

    botocore's two providers are taken by themselves; a whole Session would read its models and ask the
    network for roles that no desk has.
    """

    def __init__(self, profile: str | None, environ: Mapping[str, str] = os.environ) -> None:
        """Read the keys. Raises KeysError when there are none."""
        named = environ.get("AWS_SHARED_CREDENTIALS_FILE")
        self._file = Path(named) if named else Path.home() / ".aws" / "credentials"
        self._profile = profile
        self.place = f"{self._file} [{profile}]" if profile else "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
        self._provider: Any = (
            SharedCredentialProvider(str(self._file), profile) if profile else EnvProvider(dict(environ))
        )
        self._seen = self._stamp()
        self._keys = self._read()

    @property
    def access_key(self) -> str:
        """Return the access key's id, which is no secret."""
        return str(self.get_frozen_credentials().access_key)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the keys of this moment; the old ones while a new file holds none."""
        stamp = self._stamp()
        if stamp != self._seen:
            with suppress(KeysError):  # being written; the old ones until it is whole
                self._keys, self._seen = self._read(), stamp
        return self._keys.get_frozen_credentials()

    def _stamp(self) -> int | None:
        try:
            return self._file.stat().st_mtime_ns if self._profile else None
        except OSError:
            return None

    def _read(self) -> Credentials:
        try:
            found = self._provider.load()
        except BotoCoreError as error:
            raise KeysError(f"{self.place}: {error}") from error
        if found is None:
            raise KeysError(self.place)
        return found
