"""Places that can only serve so many: whole-number question, prices, branching and proof behind two verbs."""
