"""One graph in a process of its own, so that its peak memory is that of the task: `python benchmarks/streets_alone.py GRAPH.npz`."""

from __future__ import annotations

import sys

import numpy as np

from parkcity.travel import Attach, Network, Profile, Streets, nearest, within


def main() -> None:
    """Build the network; nearest of five classes within 3 km; sums within 400, 800 and 1,200 m."""
    with np.load(sys.argv[1], allow_pickle=False) as graph:
        streets = Streets(graph["x"], graph["y"], graph["u"], graph["v"], graph["length"])
        node, klass, people = graph["node"], graph["klass"], graph["people"]
    network = Network.build(streets, Profile("walk", 1.1))
    every = Attach.at_nodes(streets, np.arange(streets.nodes))
    nearest(network, every, Attach.at_nodes(streets, node), limit=3000.0, unit="m", doors_class=klass)
    within(network, every, every, [400.0, 800.0, 1200.0], people, unit="m", counts=False)


if __name__ == "__main__":
    main()
