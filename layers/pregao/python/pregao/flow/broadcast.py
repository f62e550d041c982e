"""News for everybody: the same frames to every screen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from pregao.domain.delivery.operators import Screen
from pregao.flow.ports.delivery import Screens


def broadcast(frames: Sequence[bytes], screens: Screens, pool: Executor) -> None:
    """Post the frames to every subscribed screen, in order; a slow screen delays no other."""

    def post_all(screen: Screen) -> None:
        for frame in frames:
            screens.post(screen.connection_id, frame)

    if frames:
        list(pool.map(post_all, screens.everyone()))
