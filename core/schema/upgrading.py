"""What `before(tables)` of an upgrade script works with: tables that hold rows, by models and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import LoadError
from core.i18n.lazy import _
from core.orm.names import short, table_name
from core.orm.numbers import Decimal
from core.schema import tables as known
from core.schema.shape import Shape
from core.texts.store import state as searched

if TYPE_CHECKING:
    from core.orm.registry import Registry


class Tables:
    """The tables as the version of before left them. Models and fields are named by the names that they have there.

    Whatever is done is undone with all the rest where the upgrade fails. What the models have more than the tables
    is added afterwards; no script need do that.
    """

    def __init__(self, connection: sa.Connection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._shape = Shape(connection)
        self.renamed: dict[tuple[str, str], str] = {}
        """How the fields that were renamed are called now, by model and name of before."""

    # ------------------------------------------------------------- fields
    def rename_field(self, model: str, old: str, new: str) -> None:
        """Gives a field another name: its column, or the table between of a Many2many; values and links stay.

        Raises LoadError where the model has no such field.
        """
        table = table_name(model)
        for column, renamed in self._columns(model, old, new):
            self._forget_indexes(table, column)
            self._shape.rename_column(table, column, renamed)
            self._move("column", table, column, table, renamed)
        between = self._between(model, old)
        if self._shape.has_table(between):
            self._rename_table(between, self._between(model, new))
        first = next(
            (key for key, name in self.renamed.items() if key[0] == model and name == old), (model, old)
        )
        self.renamed[first] = new

    def drop_field(self, model: str, name: str) -> None:
        """Takes a field away with all its values. Raises LoadError where the model has no such field."""
        table, columns = table_name(model), [column for column, _new in self._columns(model, name, name)]
        for column in columns:
            self._forget_indexes(table, column)
            self._forget("column", table, column)
        self._shape.drop_columns(table, columns)
        if self._shape.has_table(between := self._between(model, name)):
            self._drop_table(between)

    def change_field(self, model: str, name: str) -> None:
        """Gives a field the type, size, default and link that its model declares now, and lets it be empty where the
        model does. Values are cast by the database: what it cannot cast has to be changed before, by `execute`.
        """
        info = self._registry.info(model)
        if isinstance(info.fields[name], Decimal) or self._was_exact(table_name(model), name):
            raise LoadError(
                _("“%(field)s” of %(model)s is an exact number, which no cast makes of another value.",
                  field=name, model=model),
                _("Give it a new name and fill it in after(env); a later version drops the old one."))  # fmt: skip
        for column in info.fields[name].columns(self._registry):
            self._shape.conform(next(found for found in info.table.columns if found.name == column.name))

    def _was_exact(self, table: str, column: str) -> bool:
        found = known.ledger.c
        statement = sa.select(found.places).where(
            found.kind == "column", found.table_name == table, found.name == column
        )
        return known.has_places(self._connection, known.ledger) and bool(self._connection.scalar(statement))

    # ------------------------------------------------------------- models
    def rename_model(self, old: str, new: str) -> None:
        """Gives a model another name: its table, the tables between of its fields, and whatever names it."""
        table, renamed = table_name(old), table_name(new)
        self._need(table, old)
        for between in self._tables():
            if between.startswith(f"{table}__") and between.endswith("_rel"):
                self._rename_table(between, short(f"{renamed}__{between.removeprefix(f'{table}__')}"))
        self._rename_table(table, renamed)
        self.renamed = {
            (new if key[0] == old else key[0], key[1]): name for key, name in self.renamed.items()
        }
        for holder in [known.data_row, searched, *self._naming_models()]:
            if self._shape.has_table(holder.name) and "model" in self._shape.columns(holder.name):
                statement = holder.update().where(holder.c.model == old).values(model=new)
                self._connection.execute(statement)

    def drop_model(self, model: str) -> None:
        """Takes a model away with all its records. Nothing may lead to it any more."""
        table = table_name(model)
        self._need(table, model)
        for between in self._tables():
            if between.startswith(f"{table}__") and between.endswith("_rel"):
                self._drop_table(between)
        self._drop_table(table)
        self._connection.execute(known.data_row.delete().where(known.data_row.c.model == model))

    def drop_index(self, name: str) -> None:
        """Takes an index away, by its name in the database. Raises LoadError where there is none."""
        table = next((table for table in self._tables() if name in self._shape.indexes(table)), None)
        if table is None:
            raise LoadError(
                _("The tables have no index “%(name)s”.", name=name),
                _("Name it as the database does: “lumbung addons plan” shows how new ones are called."),
            )
        self._shape.drop_index(name)
        self._forget("index", table, name)

    # ------------------------------------------------------------- rows
    def has_field(self, model: str, name: str) -> bool:
        """Whether the tables have such a field now."""
        present = self._shape.columns(table_name(model))
        return bool({name, f"{name}_id"} & present) or self._shape.has_table(self._between(model, name))

    def execute(
        self, statement: str, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> sa.CursorResult[Any]:
        """Runs SQL with `:name` for values, past all rules and history: both databases have to understand it."""
        return self._connection.execute(sa.text(statement), values)

    # ------------------------------------------------------------- the ledger
    def _columns(self, model: str, old: str, new: str) -> list[tuple[str, str]]:
        """The columns of a field, and how they are called under its new name."""
        present = self._shape.columns(table_name(model))
        found = [(old + end, new + end) for end in ("", "_id") if old + end in present]
        if not found and not self._shape.has_table(self._between(model, old)):
            raise LoadError(
                _("The tables have no field “%(field)s” of %(model)s.", field=old, model=model),
                _("Name model and field as the version of before did."),
            )
        return found

    def _between(self, model: str, field: str) -> str:
        return short(f"{table_name(model)}__{field}_rel")

    def _need(self, table: str, model: str) -> None:
        if not self._shape.has_table(table):
            raise LoadError(
                _("The tables have no model “%(model)s”.", model=model),
                _("Name model and field as the version of before did."),
            )

    def _tables(self) -> list[str]:
        return sa.inspect(self._connection).get_table_names()

    def _rename_table(self, table: str, new: str) -> None:
        """Its indexes go: they are made anew under names of their own."""
        for name in self._shape.indexes(table):
            self._shape.drop_index(name)
            self._forget("index", table, name)
        self._shape.rename_table(table, new)
        ledger = known.ledger
        self._connection.execute(
            ledger.update()
            .where(ledger.c.table_name == table, ledger.c.kind != "script")
            .values(table_name=new)
        )
        self._move("table", new, table, new, new)

    def _drop_table(self, table: str) -> None:
        self._shape.drop_table(table)
        ledger = known.ledger
        self._connection.execute(
            ledger.delete().where(ledger.c.table_name == table, ledger.c.kind != "script")
        )

    def _forget_indexes(self, table: str, column: str) -> None:
        for name, columns in self._shape.indexes(table).items():
            if column in columns:
                self._shape.drop_index(name)
                self._forget("index", table, name)

    def _forget(self, kind: str, table: str, name: str) -> None:
        self._connection.execute(known.ledger.delete().where(*_entry(kind, table, name)))

    def _move(self, kind: str, table: str, name: str, new_table: str, new: str) -> None:
        statement = known.ledger.update().where(*_entry(kind, table, name))
        self._connection.execute(statement.values(table_name=new_table, name=new))

    def _naming_models(self) -> list[sa.Table]:
        """The tables that name a model in each row, as notes, changes and rights do."""
        return [info.table for info in self._registry if "model" in info.table.c]


def _entry(kind: str, table: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    entry = known.ledger.c
    return (entry.kind == kind, entry.table_name == table, entry.name == name)
