"""The files and columns of GTFS that are known here, and which of them a timetable cannot do without.

Source: General Transit Feed Specification, Schedule Reference (gtfs.org/documentation/schedule/reference), revision of 2024.
"""

from __future__ import annotations

# What a file must have, then what else is read or known. A file absent here is reported as not being part of GTFS.
NEEDED: dict[str, tuple[str, ...]] = {
    "agency.txt": (),
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
    "routes.txt": ("route_id", "route_type"),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar.txt": (
        *("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("start_date", "end_date"),
    ),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
    "transfers.txt": ("from_stop_id", "to_stop_id", "transfer_type"),
    "pathways.txt": ("pathway_id", "from_stop_id", "to_stop_id", "pathway_mode", "is_bidirectional"),
}
KNOWN: dict[str, tuple[str, ...]] = {
    "agency.txt": (
        *("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang", "agency_phone", "agency_fare_url"),
        *("agency_email", "cemv_support"),
    ),
    "stops.txt": (
        *("stop_code", "stop_name", "tts_stop_name", "stop_desc", "zone_id", "stop_url", "location_type", "parent_station"),
        *("stop_timezone", "wheelchair_boarding", "level_id", "platform_code", "stop_access"),
    ),
    "routes.txt": (
        *("agency_id", "route_short_name", "route_long_name", "route_desc", "route_url", "route_color", "route_text_color"),
        *("route_sort_order", "continuous_pickup", "continuous_drop_off", "network_id", "cemv_support"),
    ),
    "trips.txt": (
        *("trip_headsign", "trip_short_name", "direction_id", "block_id", "shape_id", "wheelchair_accessible", "bikes_allowed"),
        "cars_allowed",
    ),
    "stop_times.txt": (
        *("stop_headsign", "pickup_type", "drop_off_type", "continuous_pickup", "continuous_drop_off", "shape_dist_traveled"),
        *("timepoint", "location_group_id", "location_id", "start_pickup_drop_off_window", "end_pickup_drop_off_window"),
        *("pickup_booking_rule_id", "drop_off_booking_rule_id"),
    ),
    "frequencies.txt": ("exact_times",),
    "transfers.txt": ("min_transfer_time", "from_route_id", "to_route_id", "from_trip_id", "to_trip_id"),
    "pathways.txt": (*("length", "traversal_time", "stair_count", "max_slope", "min_width", "signposted_as", "reversed_signposted_as"),),
}
WISHED: dict[str, tuple[str, ...]] = {"agency.txt": ("agency_name", "agency_url", "agency_timezone")}
"""Columns that GTFS asks for and that no travel time depends on."""

OTHERS = (
    *("feed_info.txt", "shapes.txt", "fare_attributes.txt", "fare_rules.txt", "levels.txt", "translations.txt", "attributions.txt"),
    *("areas.txt", "stop_areas.txt", "networks.txt", "route_networks.txt", "timeframes.txt", "rider_categories.txt", "fare_media.txt"),
    *("fare_products.txt", "fare_leg_rules.txt", "fare_leg_join_rules.txt", "fare_transfer_rules.txt", "location_groups.txt"),
    *("location_group_stops.txt", "booking_rules.txt"),
)
FILES = frozenset((*NEEDED, *OTHERS))
REQUIRED_FILES = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDARS = ("calendar.txt", "calendar_dates.txt")
WEEKDAYS = NEEDED["calendar.txt"][1:8]
