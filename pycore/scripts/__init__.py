"""Scripts that fetch a plan without the overlay."""
