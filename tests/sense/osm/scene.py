"""Small OpenStreetMap scenes drawn in metres: the tests write them as .osm files and read them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np

from parkcity.sense.osm.metric import degree_metres

if TYPE_CHECKING:
    from pathlib import Path

LAT_0 = 30.0
LON_0 = 104.0
_EAST, _NORTH = (float(value[0]) for value in degree_metres(np.array([LAT_0])))


def position(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of metres east and north of the scene's origin."""
    return LON_0 + x / _EAST, LAT_0 + y / _NORTH


@dataclass
class Scene:
    """Nodes (id: x, y, tags), ways (id: nodes, tags) and relations (id: members, tags)."""

    nodes: dict[int, tuple[float, float, dict[str, str]]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], dict[str, str]]] = field(default_factory=dict)

    def node(self, node: int, x: float, y: float, **tags: str) -> Scene:
        """Add a node."""
        self.nodes[node] = (x, y, _keys(tags))
        return self

    def way(self, way: int, nodes: list[int], **tags: str) -> Scene:
        """Add a way."""
        self.ways[way] = (nodes, _keys(tags))
        return self

    def relation(self, relation: int, members: list[tuple[str, int, str]], **tags: str) -> Scene:
        """Add a relation of (type, id, role)."""
        self.relations[relation] = (members, _keys(tags))
        return self

    def write(self, folder: Path, name: str = "scene.osm") -> Path:
        """Write the scene as an .osm file."""
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
        for node, (x, y, tags) in sorted(self.nodes.items()):
            lon, lat = position(x, y)
            lines.append(f'<node id="{node}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{_tags(tags)}</node>')
        for way, (nodes, tags) in sorted(self.ways.items()):
            refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
            lines.append(f'<way id="{way}" version="1">{refs}{_tags(tags)}</way>')
        for relation, (members, tags) in sorted(self.relations.items()):
            inner = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
            lines.append(f'<relation id="{relation}" version="1">{inner}{_tags(tags)}</relation>')
        path = folder / name
        path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        return path


def _keys(tags: dict[str, str]) -> dict[str, str]:
    """Tag keys: a double underscore stands for a colon."""
    return {key.replace("__", ":"): value for key, value in tags.items()}


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
