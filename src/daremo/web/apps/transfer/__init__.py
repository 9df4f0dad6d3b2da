"""Files in and out: places, events, plans, calendars."""
