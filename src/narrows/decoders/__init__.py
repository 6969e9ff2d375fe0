"""One file per decoder: `Decoder(in_shape, out_shape, ...)`; output = decoder(z)."""
