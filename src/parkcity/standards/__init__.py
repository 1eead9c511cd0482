"""The numbers of the norms, as tables: value, unit, source, clause, year and confidence in every row.

No threshold or coefficient stands in code: code asks `parameter(table, id)` and keeps the row beside the result, so that
every number can say where it comes from. Confidence: `S` certain, `F` found published, `L` likely (the edition may
differ), `M` from memory or an engine default, which is never printed as official.
"""

from parkcity.standards.loader import Parameter, load, parameter, tables

__all__ = ["Parameter", "load", "parameter", "tables"]
