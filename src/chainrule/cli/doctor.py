"""``chainrule doctor``: what is installed, and how fast this machine is."""

EXAMPLES = ""


def doctor() -> None:
    """Show what is installed, what is missing, and how fast this machine is."""
