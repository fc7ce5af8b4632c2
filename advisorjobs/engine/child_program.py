"""What a child process knows: the application, found by name, and from it the handler of each job."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from advisorjobs.engine.child_messages import ChildSpec
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.job_handler import JobHandler
from advisorjobs.engine.plain_handler import PlainHandler, PlainOptions
from advisorjobs.errors import UnknownJob
from advisorjobs.settings import effective_queue

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Program", "named", "named_object"]


def named(value: Any) -> str:
    """The name by which another process finds *value*: "module:qualified.name"."""
    return f"{value.__module__}:{value.__qualname__}"


def named_object(name: str) -> Any:
    """What "module:qualified.name" names; imports the module."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for attribute in path.split("."):
        found = getattr(found, attribute)
    return found


class Program:
    """The application as a child sees it. Handlers are made when first asked for."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        for module in spec.imports:
            importlib.import_module(module)
        found = named_object(spec.application)
        self.app: App = found() if callable(found) else found
        named_object(spec.logging)(self.app.settings)
        self.app.perform_import_paths()
        self.options = PlainOptions(
            app=self.app,
            worker=None,
            name=spec.worker,
            queues=spec.queues,
            additional_context=spec.additional_context,
            task_middleware=[named_object(name) for name in spec.task_middleware],
        )
        self._handlers: dict[str, Handler] = {}

    def handler(self, name: str, module: str) -> Handler:
        """The handler of job *name*, whose function is in *module*. Raises UnknownJob and what imports raise."""
        if name not in self._handlers:
            importlib.import_module(module)
            self._handlers[name] = self._made(name, module)
        return self._handlers[name]

    def _made(self, name: str, module: str) -> Handler:
        settings = self.app.settings
        job_type = self.app.catalogue.functions().get(name)
        if job_type is not None:
            return JobHandler(job_type, effective_queue(settings, str(job_type.queue)))
        task = self.app.tasks.get(name)
        if task is None:
            raise UnknownJob(
                f"a child process finds no job {name!r}, although it imported {module}: name the module that makes it"
                " known (with add_tasks_from, for example) in ADVISORJOBS_IMPORTS or PROCRASTINATE_APP"
            )
        return PlainHandler(name, task, effective_queue(settings, task.queue), self.options)
