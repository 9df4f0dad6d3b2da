"""What residents can do with digital things: a check in five minutes, its result, what may come next."""
