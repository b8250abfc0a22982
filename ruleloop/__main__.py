"""`python -m ruleloop` is the console script."""

from ruleloop.cli.main import main

main()
