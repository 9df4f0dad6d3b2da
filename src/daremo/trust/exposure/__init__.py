"""Who is exposed to which weakness, which services of residents fall with it, and what to do first. See ``explain_exposure.md``."""
