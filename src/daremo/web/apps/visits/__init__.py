"""What was done for whom, in half a minute."""
