"""Notebooks as HTML that is inert: nothing in it runs, leads astray or asks for anything from elsewhere.

A notebook may come from anyone, and names in its tables and charts from the data. So markup is never passed on: it is parsed, and
what is on a list of harmless elements and attributes is written anew.
"""
