"""Judges a stack: the real programs, and midwatch's own cross-file rules.

``stack.read(folder)`` parses any Compose project, ``run.run(stack)`` judges it, ``report`` writes what was found.
Nothing here prints or exits.
"""
