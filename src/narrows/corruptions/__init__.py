"""One file per corruption: x̃ = corruption(x), drawn from the step's own seed."""
