"""Tables, plots and the page that shows them. Imports no torch."""
