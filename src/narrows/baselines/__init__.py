"""One file per classifier of scikit-learn that a study's methods are compared with."""
