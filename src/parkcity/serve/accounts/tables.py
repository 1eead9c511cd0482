"""The tables of the server's database. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

USERS = Table(
    "users",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("tiers", Text),
    Column("password", Text),
    Column("subject", Text, unique=True),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("user", String(100), ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("expires", Float, nullable=False),
)
KEYS = Table(
    "keys",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("secret", String(64), nullable=False, unique=True),
    Column("user", String(100), ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float),
)
FAILURES = Table(
    "failures",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(64), nullable=False, index=True),
    Column("at", Float, nullable=False),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("user", String(100)),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
SCENARIOS = Table(
    "scenarios",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("city", String(100), primary_key=True),
    Column("document", Text, nullable=False),
    Column("created", Float, nullable=False),
)
DRAFTS = Table(
    "drafts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("city", String(100), nullable=False),
    Column("owner", String(100), nullable=False),
    Column("title", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Index("drafts_of", "city", "owner"),
)
JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("city", String(100), nullable=False, index=True),
    Column("owner", String(100), nullable=False),
    Column("process", String(40), nullable=False),
    Column("inputs", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("progress", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("updated", Float, nullable=False),
    Column("finished", Float),
    Column("beat", Float),
    Column("result", Text),
    Column("error", Text),
)
