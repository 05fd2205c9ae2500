"""Finds free spaces for a searcher: exact, ranked, with explanations.

It needs no service, so it works in a notebook: `build_snapshot` (`matching.snapshot.builder`) writes an index from
tables, and `LiveIndex` (`matching.live_index`) searches it at a moment, a `datetime` with its zone:

    with LiveIndex.open(Path("index")) as index:
        answer = index.search(Query(Point(lon=2.35, lat=48.86)), now=moment)
        names = [result.facts["name"] for result in answer.results]
"""
