"""Builds golden records in the database, from clusters, standard tables and survivorship.

Two steps: what each source states about each person (``golden.person_source``), then for every
field the statement of the best-ranked source, the others kept where they disagree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    not_,
    null,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by

from hub.contract import Contract, Dataset, load_contracts
from hub.settings import get_settings
from warehouse.connection import held_snapshot
from warehouse.migrate import check
from warehouse.queries import load
from warehouse.tables import standard_table

_SQL = load("golden")
_MEMBER = table(
    "cluster_member", *map(column, ("stream", "record_id", "part", "person_id")), schema="link"
)
_PERSON_SOURCE = table(
    "person_source", *map(column, ("person_id", "source", "document")), schema="golden"
)
_NO_TEXTS = cast([], ARRAY(Text))
_UTC = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


@dataclass(frozen=True)
class Survivor:
    """One line of the survivorship table: the lowest rank that has a value wins the field."""

    field: str
    source: str
    stream: str
    rank: int


@dataclass(frozen=True)
class GoldenOutcome:
    """What a build came to. ``changed``: records made, altered or ended by it."""

    build_id: int
    people: int
    changed: int
    linked: int
    unlinked: int
    doubtful: int


@contextmanager
def golden_transaction() -> Iterator[Connection]:
    """One transaction for linking and building, over one moment of everything published.

    What is published meanwhile waits for the next run: a cluster is never joined to a later
    version of its rows, which may speak of somebody else. Readers see the links and records as
    they were until it ends.

    Raises:
        WarehouseOutdatedError: the warehouse lacks migrations of this code, or has newer ones.
        StreamBusyError: another run did not end in the role's ``lock_timeout``.
    """
    check()
    contracts = load_contracts(get_settings().contract_folders).values()
    with held_snapshot("pipeline", "golden", _list_read(contracts)) as connection:
        yield connection


def _list_read(contracts: Iterable[Contract]) -> set[str]:
    """The registers that linking and building read, embedded ones too."""
    read: set[str] = set()
    for contract in contracts:
        for dataset in contract.datasets:
            if dataset.linkage or dataset.golden:
                read.add(dataset.table)
            for target in dataset.golden.embed.values() if dataset.golden else ():
                read.add(contract.get_dataset(target.partition(".")[0]).table)
    return read


def build_people(
    connection: Connection, contracts: Sequence[Contract], survivors: Sequence[Survivor]
) -> GoldenOutcome:
    """Build every golden record from the clusters that this transaction has made."""
    cursor = connection.connection.cursor()
    build_id = int(cursor.execute(_SQL["begin_build"]).fetchone()[0])
    cursor.execute(_SQL["forget_built_from"])
    cursor.execute(_SQL["record_built_from"], {"build_id": build_id})
    connection.exec_driver_sql("DELETE FROM golden.survivorship")
    cursor.executemany(_SQL["record_survivor"], [asdict(line) for line in survivors])
    connection.exec_driver_sql("DELETE FROM golden.person_source")
    for contract in contracts:
        _state_source(connection, contract)
    _draft_documents(connection, survivors)
    changed = cursor.execute(_SQL["publish_people"]).rowcount
    changed += cursor.execute(_SQL["end_people"]).rowcount
    names = ("people", "linked", "unlinked", "doubtful")
    counts = dict(zip(names, cursor.execute(_SQL["count_people"]).fetchone(), strict=True))
    cursor.execute(_SQL["end_build"], {**counts, "changed": changed, "build_id": build_id})
    return GoldenOutcome(build_id=build_id, changed=changed, **counts)


def _state_source(connection: Connection, contract: Contract) -> None:
    """Write what one source states about each person: the union of its datasets' statements."""
    parts = [
        part
        for dataset in contract.datasets
        if (part := _statements(contract, dataset)) is not None
    ]
    if not parts:
        return
    people = select(parts[0].c.person_id).union(*[select(part.c.person_id) for part in parts[1:]])
    base = people.subquery()
    joined: Any = base
    document: Any = None
    for part in parts:
        joined = joined.outerjoin(part, part.c.person_id == base.c.person_id)
        stated = func.coalesce(part.c.document, cast({}, JSONB))
        document = stated if document is None else document.concat(stated)
    rows = select(base.c.person_id, literal(contract.source), document).select_from(joined)
    connection.execute(
        insert(_PERSON_SOURCE).from_select(["person_id", "source", "document"], rows)
    )


def _statements(contract: Contract, dataset: Dataset) -> Subquery | None:
    """(person_id, document) of one dataset; None if it states nothing golden."""
    if dataset.golden is not None:
        return _list_statements(contract, dataset).subquery()
    if dataset.linkage is not None and not dataset.linkage.parties:
        return _value_statements(dataset).subquery()
    return None


def _value_statements(dataset: Dataset) -> Select[Any]:
    """One document a person: golden field -> the newest row's statement.

    Where further rows of the register speak of the same person, what they state otherwise is kept.
    """
    standard = standard_table(dataset)
    pairs: list[Any] = []
    for field in dataset.fields:
        if field.golden is None:
            continue
        for name, column_name in field.golden.columns(field.name).items():
            value = standard.c[column_name]
            further: list[Any] = ["classification", literal(field.classification)]
            if field.kind == "person_name":
                further += ["key", standard.c[f"{field.name}_key"]]
            statement = func.jsonb_build_object(
                "value", func.to_jsonb(value), *_provenance(dataset, standard, field.name), *further
            )
            pairs += [name, case((value.is_not(None), statement), else_=null())]
    document = func.jsonb_strip_nulls(func.jsonb_build_object(*pairs), type_=JSONB)
    newest = standard.c.source_version.desc().nulls_last()
    documents = func.array_agg(
        aggregate_order_by(document, newest, standard.c.record_id), type_=ARRAY(JSONB)
    )
    several = func.golden.combine(documents, type_=JSONB)
    return (
        select(
            _MEMBER.c.person_id,
            case((func.count() == 1, documents[1]), else_=several).label("document"),
        )
        .join(standard, _is_member(dataset, standard.c.record_id))
        .group_by(_MEMBER.c.person_id)
    )


def _list_statements(contract: Contract, dataset: Dataset) -> Select[Any]:
    """One document a person with one field: the list of the dataset's rows that are theirs."""
    golden = dataset.golden
    assert golden is not None
    standard = standard_table(dataset)
    owner = contract.get_dataset(golden.of) if golden.of else dataset
    key = standard.c[golden.by] if golden.by else standard.c.record_id
    member = _members_of(owner)
    source: Any = member.join(standard, member.c.record_id == key)
    item = _item(dataset, standard)
    flags: Any = _flags(dataset, standard)
    failed_rules: Any = standard.c.failed_rules
    for name, target in golden.embed.items():
        other = contract.get_dataset(target.partition(".")[0])
        inside = standard_table(other).alias(f"embedded_{name}")
        by = standard.c[target.partition(".")[2]]
        source = source.outerjoin(inside, inside.c.record_id == by)
        embedded = case((inside.c.record_id.is_not(None), _item(other, inside)), else_=null())
        item = item.concat(func.jsonb_build_object(name, embedded))
        flags = func.array_cat(flags, _flags(other, inside), type_=ARRAY(Text))
        failed_rules = func.array_cat(failed_rules, inside.c.failed_rules, type_=ARRAY(Text))
    items = func.jsonb_agg(aggregate_order_by(item, standard.c.record_id))
    statement = _list_statement(dataset, standard, items, flags=flags, failed_rules=failed_rules)
    return (
        select(
            member.c.person_id,
            func.jsonb_build_object(golden.list, statement).label("document"),
        )
        .select_from(source)
        .group_by(member.c.person_id)
    )


def _list_statement(
    dataset: Dataset, standard: Any, items: Any, *, flags: Any, failed_rules: Any
) -> Any:
    """The statement of a list, with every flag and failed rule of its rows."""
    return func.jsonb_build_object(
        "value",
        items,
        "source",
        literal(dataset.source),
        "stream",
        literal(dataset.stream),
        "batch_id",
        func.max(standard.c.batch_id),
        "as_of",
        _utc(func.max(standard.c.valid_from)),
        "flags",
        _gathered(flags),
        "failed_rules",
        _gathered(failed_rules),
        "classification",
        literal("personal"),
    )


def _item(dataset: Dataset, standard: Any) -> Any:
    """One element of a list: its golden columns, and where it comes from."""
    pairs: list[Any] = []
    for field in dataset.fields:
        if field.golden is not None:
            for name, column_name in field.golden.columns(field.name).items():
                pairs += [name, standard.c[column_name]]
    return func.jsonb_build_object(
        *pairs,
        "record_id",
        standard.c.record_id,
        "batch_id",
        standard.c.batch_id,
        "failed_rules",
        func.to_jsonb(standard.c.failed_rules),
        type_=JSONB,
    )


def _flags(dataset: Dataset, standard: Any, *fields: str) -> Any:
    """The row's flags that speak of the fields; of all golden ones if none is named."""
    names = fields or [field.name for field in dataset.fields if field.golden]
    flags = standard.c.flags
    written = func.array_to_string(flags, " ")
    without = and_(*[not_(written.contains(f":{name}")) for name in names])  # mostly so, and cheap
    return case((without, _NO_TEXTS), else_=func.golden.flags_of(flags, *names, type_=ARRAY(Text)))


def _gathered(texts: Any) -> Any:
    """Each text of the rows' arrays once; most rows have none, and cost next to nothing."""
    some = func.golden.gather(texts, type_=ARRAY(Text)).filter(texts != _NO_TEXTS)
    return func.to_jsonb(func.coalesce(some, _NO_TEXTS))


def _provenance(dataset: Dataset, standard: Any, field: str) -> list[Any]:
    return [
        "source",
        literal(dataset.source),
        "stream",
        literal(dataset.stream),
        "record_id",
        standard.c.record_id,
        "batch_id",
        standard.c.batch_id,
        "as_of",
        _utc(standard.c.valid_from),
        "flags",
        func.to_jsonb(_flags(dataset, standard, field)),
        "failed_rules",
        func.to_jsonb(standard.c.failed_rules),
    ]


def _utc(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """RFC 3339 in UTC, the same text in every session's time zone."""
    return func.to_char(func.timezone("UTC", moment), _UTC)


def _is_member(dataset: Dataset, record_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(_MEMBER.c.stream == dataset.stream, _MEMBER.c.record_id == record_id)


def _members_of(dataset: Dataset) -> Subquery:
    """(person_id, record_id) of a dataset; a person is in a row once, in however many parts."""
    found = select(_MEMBER.c.person_id, _MEMBER.c.record_id).where(
        _MEMBER.c.stream == dataset.stream
    )
    in_parts = dataset.linkage is not None and dataset.linkage.parties is not None
    return (found.distinct() if in_parts else found).subquery()


def _draft_documents(connection: Connection, survivors: Iterable[Survivor]) -> None:
    """Fill ``golden_draft`` with each person's document: for every field the winner's statement."""
    ranked: Mapping[str, list[Survivor]] = defaultdict(list)
    for line in survivors:
        ranked[line.field].append(line)
    sources = sorted({line.source for line in survivors})
    stated = {name: _PERSON_SOURCE.alias(f"by_{name}") for name in sources}
    anchors = select(_MEMBER.c.person_id).distinct().subquery()
    joined: Any = anchors
    for name, by_source in stated.items():
        joined = joined.outerjoin(
            by_source,
            and_(by_source.c.person_id == anchors.c.person_id, by_source.c.source == name),
        )
    pairs: list[Any] = []
    for field, lines in sorted(ranked.items()):
        statements = [cast(stated[line.source].c.document, JSONB)[field] for line in lines]
        pairs += [field, _winner(statements)]
    document = func.jsonb_strip_nulls(func.jsonb_build_object(*pairs))
    rows = select(anchors.c.person_id, document.label("document")).select_from(joined)
    connection.exec_driver_sql(_SQL["make_draft"])
    draft = table("golden_draft", column("person_id"), column("document"))
    connection.execute(insert(draft).from_select(["person_id", "document"], rows))
    connection.exec_driver_sql("ANALYZE golden_draft")


def _winner(statements: Sequence[Any]) -> Any:
    """The best-ranked statement, marked known; resolved with care where sources disagree."""
    known = cast({"verdict": "known"}, JSONB)
    first, further = statements[0], [other.is_(None) for other in statements[1:]]
    alone = and_(first.is_not(None), not_(first.has_key("others")), *further)
    return case(
        (alone, first.concat(known)),
        (and_(first.is_(None), *further), null()),
        else_=func.golden.resolve(*statements),
    )
