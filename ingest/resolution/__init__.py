"""Entity resolution: which listings are the same place, with the reasons in words.

Steps: derive columns -> blocking -> features -> model -> partition. Each is a pure function of the listings at hand: an
import that compares what is new with what is near decides the same as one that compares everything with everything.
"""
