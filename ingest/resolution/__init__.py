"""Which listings are the same place: derive -> blocking -> features -> model -> partition, and the reasons in words.

Every step is a pure function of the listings at hand: an import that only compares what is new with what is near decides as
one that compares everything with everything would.
"""
