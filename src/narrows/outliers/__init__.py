"""Examples that a trained run finds unlike those that it was trained on."""
