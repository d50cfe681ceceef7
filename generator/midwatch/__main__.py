"""Lets ``python -m midwatch`` work like the ``midwatch`` command."""

from midwatch.cli import main

if __name__ == "__main__":
    main()
