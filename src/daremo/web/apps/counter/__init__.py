"""The page of the counter and the kiosk."""
