"""`python -m pregao_bridge`: the command, where there is no script on the path."""

from __future__ import annotations

from pregao_bridge.app.cli import main

raise SystemExit(main())
