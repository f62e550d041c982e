"""Reloads what is saved in functions/, our own layer and config/ into the running stack."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from watchfiles import watch

from local.stack.artefacts import Builder
from local.stack.deploy import STACK
from local.stack.errors import StackError
from local.stack.probe import probe
from local.stack.running import StackInfo
from local.stack.template import FUNCTION, of_type, sources

QUIET_MS = 300
"""Files saved within this time of each other are reloaded together."""


@contextmanager
def reloading(stack: StackInfo, builder: Builder, say: Callable[[str], None]) -> Iterator[None]:
    """Watch the sources for the length of a with block; `say` hears what was reloaded, or is broken."""
    over = threading.Event()
    reloader = Reloader(stack.client("lambda"), builder)
    thread = threading.Thread(target=reloader.run, args=(over, say), name="reload", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


class Reloader:
    """Brings what changed into the emulator."""

    def __init__(self, lambdas: Any, builder: Builder) -> None:
        self._lambdas = lambdas
        self._builder = builder
        self._running = builder.build_all()

    def run(self, over: threading.Event, say: Callable[[str], None]) -> None:
        """Reload whatever is saved until it is over."""
        self._try(say)  # what was saved before the watch began
        folders = self._builder.folders()
        for _ in watch(*folders, stop_event=over, step=QUIET_MS, raise_interrupt=False):
            self._try(say)

    def _try(self, say: Callable[[str], None]) -> None:
        try:
            changed = self.turn()
        except StackError as error:
            say(str(error))
        else:
            if changed:
                say(f"reloaded {', '.join(changed)}")

    def turn(self) -> list[str]:
        """Reload what changed since the last turn; returns its logical ids. Raises StackError if broken."""
        built = self._builder.build_all()
        changed = [name for name, folder in built.items() if folder != self._running[name]]
        self._running = built
        if not changed:
            return []
        functions = set(of_type(self._builder.template, FUNCTION))
        for name in functions.intersection(changed):
            archive = self._builder.packed(name, built[name])
            self._lambdas.update_function_code(FunctionName=self._called(name), ZipFile=archive)
        layers = {name: built[name] for name in changed if name not in functions}
        touched = functions if layers else functions.intersection(changed)
        self._exchange(layers, touched)
        probe(self._lambdas, self._builder.template, STACK, touched)
        return changed

    def _exchange(self, layers: Mapping[str, Path], functions: set[str]) -> None:
        """Publish new versions of layers and put them where the old ones were."""
        new = {}
        for name, folder in layers.items():
            archive = self._builder.packed(name, folder)
            published = self._lambdas.publish_layer_version(LayerName=name, Content={"ZipFile": archive})
            new[name] = published["LayerVersionArn"]
        for function in functions if new else ():
            called = self._called(function)
            used = self._lambdas.get_function_configuration(FunctionName=called)["Layers"]
            arns = [new.get(one["Arn"].split(":")[-2], one["Arn"]) for one in used]
            self._lambdas.update_function_configuration(FunctionName=called, Layers=arns)

    def _called(self, logical: str) -> str:
        return f"{STACK}-{Path(sources(self._builder.template)[logical]).name}"
