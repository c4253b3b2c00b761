"""What PyScript runs when Python is up."""

from web.app import main

main()
