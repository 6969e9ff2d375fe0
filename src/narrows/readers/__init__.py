"""One file per format: bytes that somebody else wrote, to arrays or one clear line."""
