"""The store: places, spaces, listings, communities and the busy ledger, on SQLite or PostGIS.

`schema` defines the tables, `dialect` holds every difference between the two databases, `engine` opens a store and runs
transactions. Each other module reads or writes one family of tables.
"""
