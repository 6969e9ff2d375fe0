"""Characters between values that a command line cannot say as they are."""

SEPARATORS = {"\\t": "\t", "tab": "\t", "semicolon": ";", "pipe": "|", "comma": ","}
