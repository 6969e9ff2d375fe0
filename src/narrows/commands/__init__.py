"""One file for each command: its words, and what it calls. They import no torch."""
