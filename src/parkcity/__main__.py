"""`python -m parkcity`."""

from parkcity.serve.cli.main import main

if __name__ == "__main__":
    main()
