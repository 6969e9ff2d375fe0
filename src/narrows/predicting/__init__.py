"""A trained run of labels applied to new examples."""
