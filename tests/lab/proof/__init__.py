"""docs/proof.md: what was promised of a running stack, and what the lab measured. `make proof` writes it.

A section is a module here with a ``SECTION``. Each keeps what it measured in docs/proof/<name>.json, so that one can be
recorded anew while the others keep theirs; the page is those files as tables.
"""
