"""One file per encoder: `Encoder(spec, ...)` with `out_shape`; z = encoder(x)."""
