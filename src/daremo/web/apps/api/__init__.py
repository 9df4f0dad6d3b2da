"""The machine's door: REST, tokens, webhooks."""
