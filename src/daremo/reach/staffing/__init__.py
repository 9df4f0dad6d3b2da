"""Hours sized to attendance: queues, who comes where, and which open places are worth it for the money."""
