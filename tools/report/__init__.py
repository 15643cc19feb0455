"""Runs the notebooks and builds the report."""
