"""A journal that shows every alteration: Merkle tree, checkpoints, witnesses, exports. See ``explain_log.md``."""
