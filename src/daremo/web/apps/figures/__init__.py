"""Statistics, frozen releases and the programme's report."""
