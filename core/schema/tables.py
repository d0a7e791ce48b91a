"""The tables of the core itself: read before any model is composed, so they lie outside the registry.

Passwords and sessions are here and in no model on purpose: no list, filter or export can reach them.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.orm.names import CONVENTION, index_name
from core.orm.types import BigId, UtcDateTime

OWNER = "core"
"""What the ledger names as the owner of these tables."""

metadata = sa.MetaData(naming_convention=CONVENTION)


def _table(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(name, metadata, *columns, info={"addon": OWNER})


addon = _table(
    "addon",
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("installed_at", UtcDateTime, nullable=False),
)
"""One row per addon; `state` is `installed`, or `parked` where it was uninstalled and its data is kept."""

ledger = _table(
    "ledger",
    sa.Column("id", BigId, primary_key=True),
    sa.Column("addon", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("table_name", sa.String(63), nullable=False),
    sa.Column("name", sa.String(63), nullable=False),
    sa.Column("places", sa.String(4)),
)
"""Which addon brought a table, a column or an index (`kind`); and of a `script`, that it was run: `table_name` is the
addon then, and `name` the file. `places` says what SQLite does not of a column: how many places its exact numbers have,
nothing where it has none; it is NULL where nobody knows."""
sa.Index(
    index_name("ledger", "kind", "table_name", "name", unique=True),
    ledger.c.kind,
    ledger.c.table_name,
    ledger.c.name,
    unique=True,
)

data_row = _table(
    "data_row",
    sa.Column("addon", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("record_id", sa.BigInteger(), nullable=False),
    sa.Column("fields", sa.Text(), nullable=False),
    sa.Column("shipped", sa.String(64), nullable=False),
)
"""A record that an addon shipped: `shipped` is the digest of the values of `fields` as they were shipped."""

parked = _table(
    "parked",
    sa.Column("addon", sa.String(80), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("table_name", sa.String(63), primary_key=True),
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("parked_as", sa.String(63), nullable=False),
    sa.Column("places", sa.String(4)),
)
"""What is kept of addons that were uninstalled: a `table` or `column`, and how it is called meanwhile; or a `row`, the
record `name` of another addon's table, which was archived. `places` is that of the ledger."""

registry_version = _table(
    "registry_version",
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("demo", sa.String(10)),
)
"""One row. `version` rises whenever addons or fields change; `demo` is `begun` or `complete` where the
database was made to be looked at, and may be made anew."""

file_store = _table("file_store", sa.Column("name", sa.String(40), primary_key=True))
"""One row: the folder of the files of this database, below the data folder."""

credential = _table(
    "credential",
    sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)
"""The password of a user, as argon2 keeps it."""

session = _table(
    "session",
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.BigInteger(), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("user_agent", sa.String(200), nullable=False),
)
"""A signed-in browser; only the hash of its token is kept."""
sa.Index(index_name("session", "user_id"), session.c.user_id)

reset_token = _table(
    "reset_token",
    sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("token_hash", sa.String(64), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)
"""The link by which a user may choose a password: one at a time, and only the hash of its token is kept."""
sa.Index(index_name("reset_token", "token_hash", unique=True), reset_token.c.token_hash, unique=True)

sequence_counter = _table(
    "sequence_counter",
    sa.Column("sequence", sa.String(80), primary_key=True),
    sa.Column("company", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger(), nullable=False),
)
"""The last number that was drawn; `company` and `year` are 0 where they do not matter."""

outbox = _table(
    "outbox",
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("record_id", sa.BigInteger(), nullable=False),
    sa.Column("user_id", sa.BigInteger()),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
)
"""What is to be done later (`name`, about `record_id`), written in the transaction that wants it done."""
sa.Index(index_name("outbox", "state", "due_at"), outbox.c.state, outbox.c.due_at)

sign_in_failure = _table(
    "sign_in_failure",
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.BigInteger(), nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)
"""Tries to sign in, per address typed and per client, as digests; a row means nothing after `until`."""
sa.Index(index_name("sign_in_failure", "until"), sign_in_failure.c.until)

addon_failure = _table(
    "addon_failure",
    sa.Column("addon", sa.String(80), primary_key=True),
    sa.Column("hook", sa.String(40), primary_key=True),
    sa.Column("fault", sa.String(500), nullable=False),
    sa.Column("file", sa.Text(), nullable=False),
    sa.Column("line", sa.BigInteger(), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What last failed in a hook of an addon while somebody worked."""

idempotency = _table(
    "idempotency",
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("record_id", sa.BigInteger()),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""What came once and must not be done twice: the digest of a form that made a record, and the record's key."""
sa.Index(index_name("idempotency", "made_at"), idempotency.c.made_at)


def has_places(connection: sa.Connection, table: sa.Table) -> bool:
    """Whether the ledger, or the list of what is parked, knows of places: an upgrade begins where it did not."""
    return "places" in {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
