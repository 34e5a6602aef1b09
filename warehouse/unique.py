"""Values of unique fields that two records claim: both of a batch, or one published already."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from psycopg import Connection, sql

from warehouse.queries import load

_SQL: Final = load("unique")


def find_taken(
    connection: Connection,
    words: Mapping[str, sql.Composable],
    asked: Mapping[str, str],
    differing: Collection[str],
) -> dict[str, sql.Composed]:
    """Look for rows whose value another record holds too; column -> SQL condition of such a row.

    A row breaks its rule where another living row of the batch has its value, and where another
    record is published with it, unless that record gives it up in the same batch. Who is published
    with the value keeps it, whether the batch holds that record or not.

    Args:
        words: the names of ``stage``, ``standard`` and ``taken``, the ``cursor``, and the
            conditions of a row of ``stage``, called ``staged``: that it is the ``newest`` of its
            key, that it is judged (``living``).
        asked: column of the judged view -> unique field.
        differing: fields of which staging noted that no two rows share a value.
    """
    published = connection.execute(sql.SQL(_SQL["is_published"]).format(**words)).fetchone()
    queries = []
    for name, field in asked.items():
        named = {"rule": sql.Literal(name), "field": sql.Identifier(field)}
        if field not in differing:
            queries.append(sql.SQL(_SQL["find_repeated"]).format(**words, **named))
        if published == (True,):
            queries.append(sql.SQL(_SQL["find_held"]).format(**words, **named))
    if not queries:
        return {name: sql.SQL("false").format() for name in asked}
    found = sql.SQL(" UNION ALL ").join(queries)
    connection.execute(sql.SQL(_SQL["make_taken"]).format(**words, found=found))
    rows = connection.execute(sql.SQL(_SQL["list_broken"]).format(**words)).fetchall()
    broken = {rule for (rule,) in rows}
    return {
        name: sql.SQL(_SQL["is_taken"] if name in broken else "false").format(
            **words, rule=sql.Literal(name)
        )
        for name in asked
    }


def keep_for_holders(
    connection: Connection, words: Mapping[str, Any], refused: Collection[int]
) -> bool:
    """Let records whose newer row is refused keep their values; whether others lose them by it.

    Args:
        refused: positions of rows that will not be published; one at least.
    """
    there = connection.execute(_SQL["find_table"], {"name": words["taken"].as_string()}).fetchone()
    if there != (True,):
        return False
    query = sql.SQL(_SQL["keep_values"]).format(**words)
    return connection.execute(query, {"refused": list(refused)}).rowcount > 0
