"""What people can do. `check_*` decides and raises, the rest does and trusts."""
