"""Tables of numbers and words: what a file holds, and how its rows become vectors."""
