"""``python -m finopt`` is the command ``finopt``; nobody imports this."""

from finopt.cli.main import main

if __name__ == "__main__":
    main()
