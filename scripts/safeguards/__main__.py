"""Make ``python -m safeguards`` the same as the command ``safeguards``."""

from safeguards.cli.main import main

main(prog_name="safeguards")
