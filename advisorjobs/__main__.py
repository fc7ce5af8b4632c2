"""`python -m advisorjobs` is the command `advisorjobs`."""

from advisorjobs.cli.main import main

if __name__ == "__main__":
    main()
