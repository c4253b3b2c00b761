"""The selected rows with all their fields, for other programs and for the overlay itself."""
