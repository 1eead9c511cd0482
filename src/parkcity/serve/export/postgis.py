"""PostGIS: a schema of a database with a table for every layer, replaced in one transaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from parkcity.serve.export.content import Content

VARIABLE = "PARKCITY_POSTGIS"
"""The variable of the environment that holds the connection string; a password has no place on a command line."""
_TYPES = {"b": "boolean", "i": "bigint", "u": "bigint", "f": "double precision"}
_SRID = 4326


def write_postgis(schema: str, content: Content) -> list[str]:
    """Write all tables into a schema and return their names; what the schema held before is replaced, or kept whole on failure.

    Raises `UsageError` without the variable, and `InputError` where the database cannot be reached or lacks PostGIS.
    """
    import psycopg

    dsn = os.environ.get(VARIABLE, "")
    if not dsn:
        msg = f"set {VARIABLE} to the database, such as 'host=localhost dbname=city user=me'"
        raise UsageError(msg)
    try:
        with psycopg.connect(dsn) as connection:
            _prepare(connection, schema)
            made = [_write(connection, schema, name, table, spatial=True) for name, table in content.shapes.items()]
            made += [_write(connection, schema, name, table, spatial=False) for name, table in content.plain.items()]
            _comment(connection, schema, content.attribution)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        todo = f"check {VARIABLE}, and that PostGIS is installed and you may create a schema"
        raise InputError(Fault(f"database of {VARIABLE}", f"writing failed: {reason}.", todo=todo)) from None
    return made


def _prepare(connection: Connection[Any], schema: str) -> None:
    from psycopg import sql

    name = sql.Identifier(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE EXTENSION postgis")
        # Only a schema that an export made is replaced: its comment says so.
        cursor.execute("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (schema,))
        row = cursor.fetchone()
        if row is not None and not str(row[0] or "").startswith(_MARK):
            msg = f"the schema '{schema}' was not made by an export"
            raise InputError(Fault(f"database of {VARIABLE}", f"{msg}.", "a schema of its own.", "choose another --schema"))
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(name))


_MARK = "parkcity export: "


def _comment(connection: Connection[Any], schema: str, attribution: str) -> None:
    from psycopg import sql

    statement = sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(_MARK + attribution))
    connection.execute(statement)


def _write(connection: Connection[Any], schema: str, name: str, table: pd.DataFrame, *, spatial: bool) -> str:
    """One table: typed columns, its rows by COPY, an index on the geometry."""
    from psycopg import sql

    names = [str(column) for column in table.columns if column != "geometry"]
    where = sql.Identifier(schema, name)
    columns = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(_type(table[column]))) for column in names]
    if spatial:
        columns.append(sql.SQL("{} geometry(Geometry, 4326)").format(sql.Identifier("geom")))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(where, sql.SQL(", ").join(columns)))
        fields = [*map(sql.Identifier, names), *([sql.Identifier("geom")] if spatial else [])]
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(where, sql.SQL(", ").join(fields))) as copy:
            for row in _rows(table, names, spatial=spatial):
                copy.write_row(row)
        if spatial:
            cursor.execute(sql.SQL("CREATE INDEX ON {} USING gist (geom)").format(where))
    return f"{schema}.{name}"


def _type(column: pd.Series[Any]) -> str:
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    return _TYPES.get(kind, "text")


def _rows(table: pd.DataFrame, names: list[str], *, spatial: bool) -> Iterator[list[Any]]:
    columns = [[_plain(value) for value in table[name]] for name in names]
    if spatial:
        import shapely

        shapes = shapely.set_srid(np.asarray(table.geometry.to_numpy(), object), _SRID)
        columns.append(list(shapely.to_wkb(shapes, hex=True, include_srid=True)))
    return map(list, zip(*columns, strict=True))


def _plain(value: Any) -> Any:
    """A value of Python; what is not a number or missing is NULL, and NUL, which PostgreSQL cannot hold, is left out of texts."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value.replace("\x00", "") if isinstance(value, str) else value
