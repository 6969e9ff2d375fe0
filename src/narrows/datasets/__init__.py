"""One file per dataset: a frozen dataclass with `spec()` and `load()`."""
