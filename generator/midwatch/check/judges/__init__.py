"""One file per judge: a real program (or, for links, a test of our own) over the files of a stack."""
