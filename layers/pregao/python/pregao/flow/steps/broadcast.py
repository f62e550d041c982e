"""Posts frames to screens in parallel.

A screen that does not answer delays no other, and the caller by POSTS_S at most.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING

from pregao.domain.delivery.operators import Status

if TYPE_CHECKING:
    from pregao.flow.ports.screens import Screens
    from pregao.flow.steps.in_time import Failures, TimeLeft

POSTS_S = 2.5
"""How many seconds the caller waits for the screens' answers; a post's client has given up by then."""
FRAME_S = 0.1
"""So much longer for each further frame of the screen that gets most: they go one after the other."""
AT_LEAST_S = 0.3
"""It waits so long even where the time is short: most screens answer within this."""

Post = tuple[str, Sequence[bytes]]
"""A socket's id, and the frames that it gets, in order."""


def broadcast(
    frames: Sequence[bytes],
    operators: Collection[str],
    screens: Screens,
    pool: Executor,
    time: TimeLeft,
    failures: Failures,
) -> None:
    """Post the frames to every subscribed screen of these operators, in order."""
    tell_each(dict.fromkeys(operators, frames), screens, pool, time, failures)


def tell_each(
    frames: Mapping[str, Sequence[bytes]],
    screens: Screens,
    pool: Executor,
    time: TimeLeft,
    failures: Failures,
) -> None:
    """Post to every subscribed screen of each operator what is theirs, in order."""
    wanted = {name: some for name, some in frames.items() if some}
    if wanted:
        here = screens.present(wanted.keys()).screens
        posts = [(one.connection_id, wanted[one.operator]) for one in here]
        post_all(posts, screens, pool, time, failures)


def post_all(
    posts: Sequence[Post],
    screens: Screens,
    pool: Executor,
    time: TimeLeft,
    failures: Failures,
    keep_s: float = 0.0,
) -> list[Status]:
    """Post to all screens at once; returns for each what became of its last frame.

    A screen that does not take a frame gets none of those behind it. Who has not answered in POSTS_S, or in
    half of the time that is left beyond `keep_s`, counts as FAILED: the frame may still arrive.
    """
    answers = [pool.submit(_post, screens, post) for post in posts]
    patience = POSTS_S + FRAME_S * max((len(frames) - 1 for _, frames in posts), default=0)
    until = time() - max(AT_LEAST_S, min(patience, (time() - keep_s) / 2))
    return [_answer(one, until, time, failures) for one in answers]


def _post(screens: Screens, post: Post) -> Status:
    connection_id, frames = post
    for frame in frames:
        status = screens.post(connection_id, frame)
        if status is not Status.SENT:
            return status
    return Status.SENT


def _answer(answer: Future[Status], until: float, time: TimeLeft, failures: Failures) -> Status:
    """Wait for a post until only `until` seconds are left of the invocation."""
    try:
        return answer.result(max(0.0, time() - until))
    except TimeoutError:
        answer.cancel()  # one that has not begun never will
    except Exception as error:  # noqa: BLE001 told at the caller's end, after the others had their frames
        failures.found.append(error)
    return Status.FAILED
