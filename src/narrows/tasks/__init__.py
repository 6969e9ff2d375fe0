"""One file per task: what goes in, what should come out, what is measured."""
