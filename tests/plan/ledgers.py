"""Small ledgers built in code, so that a test says all of its facts itself."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from parkcity.plan.ledger import Ledger
from parkcity.plan.schema import schemas
from parkcity.plan.tables import all_empty, table_of

KNOWN = "2020-12-27"
PLAN = {"id": "p", "name_zh": "规划", "name_en": "Plan", "adopted": KNOWN, "starts": "2021-01-01", "ends": "2025-12-31"}
ARTICLE = {
    "id": "1",
    "chapter": "1",
    "chapter_zh": "章",
    "chapter_en": "Chapter",
    "title_zh": "条",
    "title_en": "Article",
    "kind": "target",
}


def ledger(**tables: Sequence[Mapping[str, object]]) -> Ledger:
    """A ledger with a plan, one article, and the given rows; times not given are the day of adoption."""
    rows = {"plan": [PLAN], "articles": [ARTICLE], **tables}
    made = dict(all_empty())
    for name, records in rows.items():
        texts = [{"true_on": KNOWN, "known_on": KNOWN} | {key: str(value) for key, value in record.items()} for record in records]
        made[name] = table_of(schemas()[name], texts, f"{name}.csv")
    return Ledger(made, "in memory")


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def arithmetic(text: object) -> float:
    """The value of a hand computation such as "(7000-4238)/5762"."""

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        assert isinstance(node, ast.Constant)
        assert isinstance(node.value, (int, float))
        return float(node.value)

    return value(ast.parse(str(text), mode="eval").body)
