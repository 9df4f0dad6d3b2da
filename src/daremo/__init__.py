"""daremo (誰も, "everyone"): see who is left out of digital life, plan what closes it, deliver it, check that it worked."""

__version__ = "0.1.0"
