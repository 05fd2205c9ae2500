"""The truth: places, spaces, listings, communities and the busy ledger, on SQLite or PostGIS.

`schema` names the tables, `dialect` holds every difference between the two databases, `engine` opens
one, the other modules read and write one table family each.
"""
