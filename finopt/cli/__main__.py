"""``python -m finopt.cli`` is the command ``finopt``."""

from finopt.cli.main import main

if __name__ == "__main__":
    main()
