"""Cluster: the engine on Ray, and the runs folder that all of its machines reach."""
