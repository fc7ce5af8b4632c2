"""`procrastinate schema`: applies and shows our migrations, of which procrastinate's are the first."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import TYPE_CHECKING

from procrastinate import schema

from advisorjobs.database import scripts
from advisorjobs.database.migrate import migrate

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["SchemaManager"]


class SchemaManager(schema.SchemaManager):
    """procrastinate's interface to what `advisorjobs migrate` does."""

    def __init__(self, app: App) -> None:
        super().__init__(app.connector)
        self.app = app

    @staticmethod
    def get_schema() -> str:
        """All that an empty database gets, in order."""
        parts = (scripts.procrastinate_schema(), *scripts.numbered(), *scripts.functions())
        return "\n\n".join(f"-- {part.name}\n{part.sql}" for part in parts)

    @staticmethod
    def get_migrations_path() -> str:
        """The folder of our numbered migrations."""
        return str(files("advisorjobs.migrations"))

    def apply_schema(self) -> None:
        """Migrates, an empty database or one in use."""
        migrate(self.app.dsn, fill=[self.app.publish])

    async def apply_schema_async(self) -> None:
        await asyncio.to_thread(self.apply_schema)
