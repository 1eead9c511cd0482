"""Travel: who can get where, how fast, for whom.

Works on a city's twin, or on any plain graph of nodes and edges. Importing it imports no compiler; the first search does.
"""

from parkcity.travel.access import Access, AccessChange
from parkcity.travel.around import Around
from parkcity.travel.centrality import betweenness, closeness
from parkcity.travel.cluster import matrix_on, nearest_on, within_on, write_matrix_on
from parkcity.travel.decay import Decay
from parkcity.travel.edits import NearestField, SumField, touched_origins
from parkcity.travel.isochrone import catchment_ratio, circuity, isochrones, streets_reached, surface
from parkcity.travel.matrix import Matrix, matrix, write_matrix
from parkcity.travel.nearest import Nearest, nearest
from parkcity.travel.network import Network
from parkcity.travel.plain import attach_points, from_frames
from parkcity.travel.profiles import Profile
from parkcity.travel.reach import Pairs, Within, reach_pairs, within
from parkcity.travel.route import Route, route
from parkcity.travel.sites import Gains, what_if
from parkcity.travel.states import State
from parkcity.travel.street_changes import AddLink, AddPlace, ChangeLink, CloseLink, ClosePlace, OpenLink, SetPeople
from parkcity.travel.streets import Attach, Streets
from parkcity.travel.turns import Turned, all_but, with_turns

__all__ = [
    "Access",
    "AccessChange",
    "AddLink",
    "AddPlace",
    "Around",
    "Attach",
    "ChangeLink",
    "CloseLink",
    "ClosePlace",
    "Decay",
    "Gains",
    "Matrix",
    "Nearest",
    "NearestField",
    "Network",
    "OpenLink",
    "Pairs",
    "Profile",
    "Route",
    "SetPeople",
    "State",
    "Streets",
    "SumField",
    "Turned",
    "Within",
    "all_but",
    "attach_points",
    "betweenness",
    "catchment_ratio",
    "circuity",
    "closeness",
    "from_frames",
    "isochrones",
    "matrix",
    "matrix_on",
    "nearest",
    "nearest_on",
    "reach_pairs",
    "route",
    "streets_reached",
    "surface",
    "touched_origins",
    "what_if",
    "with_turns",
    "within",
    "within_on",
    "write_matrix",
    "write_matrix_on",
]
